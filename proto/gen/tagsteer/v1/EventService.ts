// Generated from tagsteer/v1/event_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Event as _tagsteer_v1_Event, Event__Output as _tagsteer_v1_Event__Output } from '../../tagsteer/v1/Event.ts';
import type { RecordChange as _tagsteer_v1_RecordChange, RecordChange__Output as _tagsteer_v1_RecordChange__Output } from '../../tagsteer/v1/RecordChange.ts';
import type { WatchEventsRequest as _tagsteer_v1_WatchEventsRequest, WatchEventsRequest__Output as _tagsteer_v1_WatchEventsRequest__Output } from '../../tagsteer/v1/WatchEventsRequest.ts';
import type { WatchRecordsRequest as _tagsteer_v1_WatchRecordsRequest, WatchRecordsRequest__Output as _tagsteer_v1_WatchRecordsRequest__Output } from '../../tagsteer/v1/WatchRecordsRequest.ts';

export interface EventServiceClient extends grpc.Client {
  /**
   * Events as they happen, after those kept since `from_sequence`.
   */
  WatchEvents(argument: _tagsteer_v1_WatchEventsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_Event__Output>;
  WatchEvents(argument: _tagsteer_v1_WatchEventsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_Event__Output>;
  /**
   * Events as they happen, after those kept since `from_sequence`.
   */
  watchEvents(argument: _tagsteer_v1_WatchEventsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_Event__Output>;
  watchEvents(argument: _tagsteer_v1_WatchEventsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_Event__Output>;
  
  /**
   * Record changes in order without gaps, from a revision on. COMPACTED where the revision is no longer kept.
   */
  WatchRecords(argument: _tagsteer_v1_WatchRecordsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_RecordChange__Output>;
  WatchRecords(argument: _tagsteer_v1_WatchRecordsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_RecordChange__Output>;
  /**
   * Record changes in order without gaps, from a revision on. COMPACTED where the revision is no longer kept.
   */
  watchRecords(argument: _tagsteer_v1_WatchRecordsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_RecordChange__Output>;
  watchRecords(argument: _tagsteer_v1_WatchRecordsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_tagsteer_v1_RecordChange__Output>;
  
}

export interface EventServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Events as they happen, after those kept since `from_sequence`.
   */
  WatchEvents: grpc.handleServerStreamingCall<_tagsteer_v1_WatchEventsRequest__Output, _tagsteer_v1_Event>;
  
  /**
   * Record changes in order without gaps, from a revision on. COMPACTED where the revision is no longer kept.
   */
  WatchRecords: grpc.handleServerStreamingCall<_tagsteer_v1_WatchRecordsRequest__Output, _tagsteer_v1_RecordChange>;
  
}

export interface EventServiceDefinition extends grpc.ServiceDefinition {
  WatchEvents: MethodDefinition<_tagsteer_v1_WatchEventsRequest, _tagsteer_v1_Event, _tagsteer_v1_WatchEventsRequest__Output, _tagsteer_v1_Event__Output>
  WatchRecords: MethodDefinition<_tagsteer_v1_WatchRecordsRequest, _tagsteer_v1_RecordChange, _tagsteer_v1_WatchRecordsRequest__Output, _tagsteer_v1_RecordChange__Output>
}
