// Generated from tagsteer/v1/lease_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AllocateRequest as _tagsteer_v1_AllocateRequest, AllocateRequest__Output as _tagsteer_v1_AllocateRequest__Output } from '../../tagsteer/v1/AllocateRequest.ts';
import type { BatchAllocateRequest as _tagsteer_v1_BatchAllocateRequest, BatchAllocateRequest__Output as _tagsteer_v1_BatchAllocateRequest__Output } from '../../tagsteer/v1/BatchAllocateRequest.ts';
import type { BatchAllocateResponse as _tagsteer_v1_BatchAllocateResponse, BatchAllocateResponse__Output as _tagsteer_v1_BatchAllocateResponse__Output } from '../../tagsteer/v1/BatchAllocateResponse.ts';
import type { GetLeaseHistoryRequest as _tagsteer_v1_GetLeaseHistoryRequest, GetLeaseHistoryRequest__Output as _tagsteer_v1_GetLeaseHistoryRequest__Output } from '../../tagsteer/v1/GetLeaseHistoryRequest.ts';
import type { GetLeaseRequest as _tagsteer_v1_GetLeaseRequest, GetLeaseRequest__Output as _tagsteer_v1_GetLeaseRequest__Output } from '../../tagsteer/v1/GetLeaseRequest.ts';
import type { Lease as _tagsteer_v1_Lease, Lease__Output as _tagsteer_v1_Lease__Output } from '../../tagsteer/v1/Lease.ts';
import type { LeaseHistory as _tagsteer_v1_LeaseHistory, LeaseHistory__Output as _tagsteer_v1_LeaseHistory__Output } from '../../tagsteer/v1/LeaseHistory.ts';
import type { ListLeasesRequest as _tagsteer_v1_ListLeasesRequest, ListLeasesRequest__Output as _tagsteer_v1_ListLeasesRequest__Output } from '../../tagsteer/v1/ListLeasesRequest.ts';
import type { ListLeasesResponse as _tagsteer_v1_ListLeasesResponse, ListLeasesResponse__Output as _tagsteer_v1_ListLeasesResponse__Output } from '../../tagsteer/v1/ListLeasesResponse.ts';
import type { ReleaseRequest as _tagsteer_v1_ReleaseRequest, ReleaseRequest__Output as _tagsteer_v1_ReleaseRequest__Output } from '../../tagsteer/v1/ReleaseRequest.ts';
import type { RenewRequest as _tagsteer_v1_RenewRequest, RenewRequest__Output as _tagsteer_v1_RenewRequest__Output } from '../../tagsteer/v1/RenewRequest.ts';
import type { SelectNapRequest as _tagsteer_v1_SelectNapRequest, SelectNapRequest__Output as _tagsteer_v1_SelectNapRequest__Output } from '../../tagsteer/v1/SelectNapRequest.ts';
import type { SelectNapResponse as _tagsteer_v1_SelectNapResponse, SelectNapResponse__Output as _tagsteer_v1_SelectNapResponse__Output } from '../../tagsteer/v1/SelectNapResponse.ts';
import type { StreamAllocateRequest as _tagsteer_v1_StreamAllocateRequest, StreamAllocateRequest__Output as _tagsteer_v1_StreamAllocateRequest__Output } from '../../tagsteer/v1/StreamAllocateRequest.ts';
import type { StreamAllocateResponse as _tagsteer_v1_StreamAllocateResponse, StreamAllocateResponse__Output as _tagsteer_v1_StreamAllocateResponse__Output } from '../../tagsteer/v1/StreamAllocateResponse.ts';

export interface LeaseServiceClient extends grpc.Client {
  /**
   * Gives one address and, where an interface is named, writes it into its record, in one step. When WaitApplied has
   * answered for the lease's revision, switches let the interface use it.
   */
  Allocate(argument: _tagsteer_v1_AllocateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  Allocate(argument: _tagsteer_v1_AllocateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  Allocate(argument: _tagsteer_v1_AllocateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  Allocate(argument: _tagsteer_v1_AllocateRequest, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  /**
   * Gives one address and, where an interface is named, writes it into its record, in one step. When WaitApplied has
   * answered for the lease's revision, switches let the interface use it.
   */
  allocate(argument: _tagsteer_v1_AllocateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  allocate(argument: _tagsteer_v1_AllocateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  allocate(argument: _tagsteer_v1_AllocateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  allocate(argument: _tagsteer_v1_AllocateRequest, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  
  /**
   * All or none, in one step.
   */
  BatchAllocate(argument: _tagsteer_v1_BatchAllocateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_BatchAllocateResponse__Output>): grpc.ClientUnaryCall;
  BatchAllocate(argument: _tagsteer_v1_BatchAllocateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_BatchAllocateResponse__Output>): grpc.ClientUnaryCall;
  BatchAllocate(argument: _tagsteer_v1_BatchAllocateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_BatchAllocateResponse__Output>): grpc.ClientUnaryCall;
  BatchAllocate(argument: _tagsteer_v1_BatchAllocateRequest, callback: grpc.requestCallback<_tagsteer_v1_BatchAllocateResponse__Output>): grpc.ClientUnaryCall;
  /**
   * All or none, in one step.
   */
  batchAllocate(argument: _tagsteer_v1_BatchAllocateRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_BatchAllocateResponse__Output>): grpc.ClientUnaryCall;
  batchAllocate(argument: _tagsteer_v1_BatchAllocateRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_BatchAllocateResponse__Output>): grpc.ClientUnaryCall;
  batchAllocate(argument: _tagsteer_v1_BatchAllocateRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_BatchAllocateResponse__Output>): grpc.ClientUnaryCall;
  batchAllocate(argument: _tagsteer_v1_BatchAllocateRequest, callback: grpc.requestCallback<_tagsteer_v1_BatchAllocateResponse__Output>): grpc.ClientUnaryCall;
  
  GetLease(argument: _tagsteer_v1_GetLeaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  GetLease(argument: _tagsteer_v1_GetLeaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  GetLease(argument: _tagsteer_v1_GetLeaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  GetLease(argument: _tagsteer_v1_GetLeaseRequest, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  getLease(argument: _tagsteer_v1_GetLeaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  getLease(argument: _tagsteer_v1_GetLeaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  getLease(argument: _tagsteer_v1_GetLeaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  getLease(argument: _tagsteer_v1_GetLeaseRequest, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  
  /**
   * Who had an address when, as far back as the store keeps changes.
   */
  GetLeaseHistory(argument: _tagsteer_v1_GetLeaseHistoryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_LeaseHistory__Output>): grpc.ClientUnaryCall;
  GetLeaseHistory(argument: _tagsteer_v1_GetLeaseHistoryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_LeaseHistory__Output>): grpc.ClientUnaryCall;
  GetLeaseHistory(argument: _tagsteer_v1_GetLeaseHistoryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_LeaseHistory__Output>): grpc.ClientUnaryCall;
  GetLeaseHistory(argument: _tagsteer_v1_GetLeaseHistoryRequest, callback: grpc.requestCallback<_tagsteer_v1_LeaseHistory__Output>): grpc.ClientUnaryCall;
  /**
   * Who had an address when, as far back as the store keeps changes.
   */
  getLeaseHistory(argument: _tagsteer_v1_GetLeaseHistoryRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_LeaseHistory__Output>): grpc.ClientUnaryCall;
  getLeaseHistory(argument: _tagsteer_v1_GetLeaseHistoryRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_LeaseHistory__Output>): grpc.ClientUnaryCall;
  getLeaseHistory(argument: _tagsteer_v1_GetLeaseHistoryRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_LeaseHistory__Output>): grpc.ClientUnaryCall;
  getLeaseHistory(argument: _tagsteer_v1_GetLeaseHistoryRequest, callback: grpc.requestCallback<_tagsteer_v1_LeaseHistory__Output>): grpc.ClientUnaryCall;
  
  ListLeases(argument: _tagsteer_v1_ListLeasesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  ListLeases(argument: _tagsteer_v1_ListLeasesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  ListLeases(argument: _tagsteer_v1_ListLeasesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  ListLeases(argument: _tagsteer_v1_ListLeasesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  listLeases(argument: _tagsteer_v1_ListLeasesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  listLeases(argument: _tagsteer_v1_ListLeasesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  listLeases(argument: _tagsteer_v1_ListLeasesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  listLeases(argument: _tagsteer_v1_ListLeasesRequest, callback: grpc.requestCallback<_tagsteer_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Takes the address out of the interface's record. It cools: nobody else gets it before its NAP's time is over and
   * before switches have confirmed that they let go of it. The same client may have it back at once.
   */
  Release(argument: _tagsteer_v1_ReleaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  Release(argument: _tagsteer_v1_ReleaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  Release(argument: _tagsteer_v1_ReleaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  Release(argument: _tagsteer_v1_ReleaseRequest, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  /**
   * Takes the address out of the interface's record. It cools: nobody else gets it before its NAP's time is over and
   * before switches have confirmed that they let go of it. The same client may have it back at once.
   */
  release(argument: _tagsteer_v1_ReleaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  release(argument: _tagsteer_v1_ReleaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  release(argument: _tagsteer_v1_ReleaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  release(argument: _tagsteer_v1_ReleaseRequest, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  
  /**
   * The lease goes on from now, for as long as its NAP says.
   */
  Renew(argument: _tagsteer_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  Renew(argument: _tagsteer_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  Renew(argument: _tagsteer_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  Renew(argument: _tagsteer_v1_RenewRequest, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  /**
   * The lease goes on from now, for as long as its NAP says.
   */
  renew(argument: _tagsteer_v1_RenewRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  renew(argument: _tagsteer_v1_RenewRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  renew(argument: _tagsteer_v1_RenewRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  renew(argument: _tagsteer_v1_RenewRequest, callback: grpc.requestCallback<_tagsteer_v1_Lease__Output>): grpc.ClientUnaryCall;
  
  /**
   * Which NAP an allocation would choose, and what each scored. It changes nothing.
   */
  SelectNap(argument: _tagsteer_v1_SelectNapRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_SelectNapResponse__Output>): grpc.ClientUnaryCall;
  SelectNap(argument: _tagsteer_v1_SelectNapRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_SelectNapResponse__Output>): grpc.ClientUnaryCall;
  SelectNap(argument: _tagsteer_v1_SelectNapRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_SelectNapResponse__Output>): grpc.ClientUnaryCall;
  SelectNap(argument: _tagsteer_v1_SelectNapRequest, callback: grpc.requestCallback<_tagsteer_v1_SelectNapResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Which NAP an allocation would choose, and what each scored. It changes nothing.
   */
  selectNap(argument: _tagsteer_v1_SelectNapRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_SelectNapResponse__Output>): grpc.ClientUnaryCall;
  selectNap(argument: _tagsteer_v1_SelectNapRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_SelectNapResponse__Output>): grpc.ClientUnaryCall;
  selectNap(argument: _tagsteer_v1_SelectNapRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_SelectNapResponse__Output>): grpc.ClientUnaryCall;
  selectNap(argument: _tagsteer_v1_SelectNapRequest, callback: grpc.requestCallback<_tagsteer_v1_SelectNapResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Many requests over one stream. Each message is served as it comes, without waiting for those before it, and answered
   * when all of it is durable; each request in it succeeds or fails for itself. While 4,096 requests are being served, no
   * more are taken off the connection. What was taken when a client goes away is done all the same.
   */
  StreamAllocate(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_tagsteer_v1_StreamAllocateRequest, _tagsteer_v1_StreamAllocateResponse__Output>;
  StreamAllocate(options?: grpc.CallOptions): grpc.ClientDuplexStream<_tagsteer_v1_StreamAllocateRequest, _tagsteer_v1_StreamAllocateResponse__Output>;
  /**
   * Many requests over one stream. Each message is served as it comes, without waiting for those before it, and answered
   * when all of it is durable; each request in it succeeds or fails for itself. While 4,096 requests are being served, no
   * more are taken off the connection. What was taken when a client goes away is done all the same.
   */
  streamAllocate(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_tagsteer_v1_StreamAllocateRequest, _tagsteer_v1_StreamAllocateResponse__Output>;
  streamAllocate(options?: grpc.CallOptions): grpc.ClientDuplexStream<_tagsteer_v1_StreamAllocateRequest, _tagsteer_v1_StreamAllocateResponse__Output>;
  
}

export interface LeaseServiceHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Gives one address and, where an interface is named, writes it into its record, in one step. When WaitApplied has
   * answered for the lease's revision, switches let the interface use it.
   */
  Allocate: grpc.handleUnaryCall<_tagsteer_v1_AllocateRequest__Output, _tagsteer_v1_Lease>;
  
  /**
   * All or none, in one step.
   */
  BatchAllocate: grpc.handleUnaryCall<_tagsteer_v1_BatchAllocateRequest__Output, _tagsteer_v1_BatchAllocateResponse>;
  
  GetLease: grpc.handleUnaryCall<_tagsteer_v1_GetLeaseRequest__Output, _tagsteer_v1_Lease>;
  
  /**
   * Who had an address when, as far back as the store keeps changes.
   */
  GetLeaseHistory: grpc.handleUnaryCall<_tagsteer_v1_GetLeaseHistoryRequest__Output, _tagsteer_v1_LeaseHistory>;
  
  ListLeases: grpc.handleUnaryCall<_tagsteer_v1_ListLeasesRequest__Output, _tagsteer_v1_ListLeasesResponse>;
  
  /**
   * Takes the address out of the interface's record. It cools: nobody else gets it before its NAP's time is over and
   * before switches have confirmed that they let go of it. The same client may have it back at once.
   */
  Release: grpc.handleUnaryCall<_tagsteer_v1_ReleaseRequest__Output, _tagsteer_v1_Lease>;
  
  /**
   * The lease goes on from now, for as long as its NAP says.
   */
  Renew: grpc.handleUnaryCall<_tagsteer_v1_RenewRequest__Output, _tagsteer_v1_Lease>;
  
  /**
   * Which NAP an allocation would choose, and what each scored. It changes nothing.
   */
  SelectNap: grpc.handleUnaryCall<_tagsteer_v1_SelectNapRequest__Output, _tagsteer_v1_SelectNapResponse>;
  
  /**
   * Many requests over one stream. Each message is served as it comes, without waiting for those before it, and answered
   * when all of it is durable; each request in it succeeds or fails for itself. While 4,096 requests are being served, no
   * more are taken off the connection. What was taken when a client goes away is done all the same.
   */
  StreamAllocate: grpc.handleBidiStreamingCall<_tagsteer_v1_StreamAllocateRequest__Output, _tagsteer_v1_StreamAllocateResponse>;
  
}

export interface LeaseServiceDefinition extends grpc.ServiceDefinition {
  Allocate: MethodDefinition<_tagsteer_v1_AllocateRequest, _tagsteer_v1_Lease, _tagsteer_v1_AllocateRequest__Output, _tagsteer_v1_Lease__Output>
  BatchAllocate: MethodDefinition<_tagsteer_v1_BatchAllocateRequest, _tagsteer_v1_BatchAllocateResponse, _tagsteer_v1_BatchAllocateRequest__Output, _tagsteer_v1_BatchAllocateResponse__Output>
  GetLease: MethodDefinition<_tagsteer_v1_GetLeaseRequest, _tagsteer_v1_Lease, _tagsteer_v1_GetLeaseRequest__Output, _tagsteer_v1_Lease__Output>
  GetLeaseHistory: MethodDefinition<_tagsteer_v1_GetLeaseHistoryRequest, _tagsteer_v1_LeaseHistory, _tagsteer_v1_GetLeaseHistoryRequest__Output, _tagsteer_v1_LeaseHistory__Output>
  ListLeases: MethodDefinition<_tagsteer_v1_ListLeasesRequest, _tagsteer_v1_ListLeasesResponse, _tagsteer_v1_ListLeasesRequest__Output, _tagsteer_v1_ListLeasesResponse__Output>
  Release: MethodDefinition<_tagsteer_v1_ReleaseRequest, _tagsteer_v1_Lease, _tagsteer_v1_ReleaseRequest__Output, _tagsteer_v1_Lease__Output>
  Renew: MethodDefinition<_tagsteer_v1_RenewRequest, _tagsteer_v1_Lease, _tagsteer_v1_RenewRequest__Output, _tagsteer_v1_Lease__Output>
  SelectNap: MethodDefinition<_tagsteer_v1_SelectNapRequest, _tagsteer_v1_SelectNapResponse, _tagsteer_v1_SelectNapRequest__Output, _tagsteer_v1_SelectNapResponse__Output>
  StreamAllocate: MethodDefinition<_tagsteer_v1_StreamAllocateRequest, _tagsteer_v1_StreamAllocateResponse, _tagsteer_v1_StreamAllocateRequest__Output, _tagsteer_v1_StreamAllocateResponse__Output>
}
