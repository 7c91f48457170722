// Generated from tagsteer/v1/ipam_service.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { ExportCsvRequest as _tagsteer_v1_ExportCsvRequest, ExportCsvRequest__Output as _tagsteer_v1_ExportCsvRequest__Output } from '../../tagsteer/v1/ExportCsvRequest.ts';
import type { ExportCsvResponse as _tagsteer_v1_ExportCsvResponse, ExportCsvResponse__Output as _tagsteer_v1_ExportCsvResponse__Output } from '../../tagsteer/v1/ExportCsvResponse.ts';
import type { ImportCsvRequest as _tagsteer_v1_ImportCsvRequest, ImportCsvRequest__Output as _tagsteer_v1_ImportCsvRequest__Output } from '../../tagsteer/v1/ImportCsvRequest.ts';
import type { ImportCsvResponse as _tagsteer_v1_ImportCsvResponse, ImportCsvResponse__Output as _tagsteer_v1_ImportCsvResponse__Output } from '../../tagsteer/v1/ImportCsvResponse.ts';
import type { ListConnectorsRequest as _tagsteer_v1_ListConnectorsRequest, ListConnectorsRequest__Output as _tagsteer_v1_ListConnectorsRequest__Output } from '../../tagsteer/v1/ListConnectorsRequest.ts';
import type { ListConnectorsResponse as _tagsteer_v1_ListConnectorsResponse, ListConnectorsResponse__Output as _tagsteer_v1_ListConnectorsResponse__Output } from '../../tagsteer/v1/ListConnectorsResponse.ts';
import type { PlanReconcileRequest as _tagsteer_v1_PlanReconcileRequest, PlanReconcileRequest__Output as _tagsteer_v1_PlanReconcileRequest__Output } from '../../tagsteer/v1/PlanReconcileRequest.ts';
import type { ReconcilePlan as _tagsteer_v1_ReconcilePlan, ReconcilePlan__Output as _tagsteer_v1_ReconcilePlan__Output } from '../../tagsteer/v1/ReconcilePlan.ts';
import type { ReconcileRequest as _tagsteer_v1_ReconcileRequest, ReconcileRequest__Output as _tagsteer_v1_ReconcileRequest__Output } from '../../tagsteer/v1/ReconcileRequest.ts';
import type { ReconcileResponse as _tagsteer_v1_ReconcileResponse, ReconcileResponse__Output as _tagsteer_v1_ReconcileResponse__Output } from '../../tagsteer/v1/ReconcileResponse.ts';

export interface IpamServiceClient extends grpc.Client {
  ExportCsv(argument: _tagsteer_v1_ExportCsvRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ExportCsvResponse__Output>): grpc.ClientUnaryCall;
  ExportCsv(argument: _tagsteer_v1_ExportCsvRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ExportCsvResponse__Output>): grpc.ClientUnaryCall;
  ExportCsv(argument: _tagsteer_v1_ExportCsvRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ExportCsvResponse__Output>): grpc.ClientUnaryCall;
  ExportCsv(argument: _tagsteer_v1_ExportCsvRequest, callback: grpc.requestCallback<_tagsteer_v1_ExportCsvResponse__Output>): grpc.ClientUnaryCall;
  exportCsv(argument: _tagsteer_v1_ExportCsvRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ExportCsvResponse__Output>): grpc.ClientUnaryCall;
  exportCsv(argument: _tagsteer_v1_ExportCsvRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ExportCsvResponse__Output>): grpc.ClientUnaryCall;
  exportCsv(argument: _tagsteer_v1_ExportCsvRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ExportCsvResponse__Output>): grpc.ClientUnaryCall;
  exportCsv(argument: _tagsteer_v1_ExportCsvRequest, callback: grpc.requestCallback<_tagsteer_v1_ExportCsvResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Takes a file in. Addresses of which we say something else are conflicts, and stay.
   */
  ImportCsv(argument: _tagsteer_v1_ImportCsvRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ImportCsvResponse__Output>): grpc.ClientUnaryCall;
  ImportCsv(argument: _tagsteer_v1_ImportCsvRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ImportCsvResponse__Output>): grpc.ClientUnaryCall;
  ImportCsv(argument: _tagsteer_v1_ImportCsvRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ImportCsvResponse__Output>): grpc.ClientUnaryCall;
  ImportCsv(argument: _tagsteer_v1_ImportCsvRequest, callback: grpc.requestCallback<_tagsteer_v1_ImportCsvResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Takes a file in. Addresses of which we say something else are conflicts, and stay.
   */
  importCsv(argument: _tagsteer_v1_ImportCsvRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ImportCsvResponse__Output>): grpc.ClientUnaryCall;
  importCsv(argument: _tagsteer_v1_ImportCsvRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ImportCsvResponse__Output>): grpc.ClientUnaryCall;
  importCsv(argument: _tagsteer_v1_ImportCsvRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ImportCsvResponse__Output>): grpc.ClientUnaryCall;
  importCsv(argument: _tagsteer_v1_ImportCsvRequest, callback: grpc.requestCallback<_tagsteer_v1_ImportCsvResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * The external IPAMs of the settings, and how the last reading of each went.
   */
  ListConnectors(argument: _tagsteer_v1_ListConnectorsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListConnectorsResponse__Output>): grpc.ClientUnaryCall;
  ListConnectors(argument: _tagsteer_v1_ListConnectorsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListConnectorsResponse__Output>): grpc.ClientUnaryCall;
  ListConnectors(argument: _tagsteer_v1_ListConnectorsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListConnectorsResponse__Output>): grpc.ClientUnaryCall;
  ListConnectors(argument: _tagsteer_v1_ListConnectorsRequest, callback: grpc.requestCallback<_tagsteer_v1_ListConnectorsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * The external IPAMs of the settings, and how the last reading of each went.
   */
  listConnectors(argument: _tagsteer_v1_ListConnectorsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListConnectorsResponse__Output>): grpc.ClientUnaryCall;
  listConnectors(argument: _tagsteer_v1_ListConnectorsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ListConnectorsResponse__Output>): grpc.ClientUnaryCall;
  listConnectors(argument: _tagsteer_v1_ListConnectorsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ListConnectorsResponse__Output>): grpc.ClientUnaryCall;
  listConnectors(argument: _tagsteer_v1_ListConnectorsRequest, callback: grpc.requestCallback<_tagsteer_v1_ListConnectorsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * What Reconcile would do now. It writes nothing on either side.
   */
  PlanReconcile(argument: _tagsteer_v1_PlanReconcileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ReconcilePlan__Output>): grpc.ClientUnaryCall;
  PlanReconcile(argument: _tagsteer_v1_PlanReconcileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ReconcilePlan__Output>): grpc.ClientUnaryCall;
  PlanReconcile(argument: _tagsteer_v1_PlanReconcileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ReconcilePlan__Output>): grpc.ClientUnaryCall;
  PlanReconcile(argument: _tagsteer_v1_PlanReconcileRequest, callback: grpc.requestCallback<_tagsteer_v1_ReconcilePlan__Output>): grpc.ClientUnaryCall;
  /**
   * What Reconcile would do now. It writes nothing on either side.
   */
  planReconcile(argument: _tagsteer_v1_PlanReconcileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ReconcilePlan__Output>): grpc.ClientUnaryCall;
  planReconcile(argument: _tagsteer_v1_PlanReconcileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ReconcilePlan__Output>): grpc.ClientUnaryCall;
  planReconcile(argument: _tagsteer_v1_PlanReconcileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ReconcilePlan__Output>): grpc.ClientUnaryCall;
  planReconcile(argument: _tagsteer_v1_PlanReconcileRequest, callback: grpc.requestCallback<_tagsteer_v1_ReconcilePlan__Output>): grpc.ClientUnaryCall;
  
  /**
   * What one side alone changed is done on the other. What both changed is a conflict, and stays unless a choice names it.
   */
  Reconcile(argument: _tagsteer_v1_ReconcileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ReconcileResponse__Output>): grpc.ClientUnaryCall;
  Reconcile(argument: _tagsteer_v1_ReconcileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ReconcileResponse__Output>): grpc.ClientUnaryCall;
  Reconcile(argument: _tagsteer_v1_ReconcileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ReconcileResponse__Output>): grpc.ClientUnaryCall;
  Reconcile(argument: _tagsteer_v1_ReconcileRequest, callback: grpc.requestCallback<_tagsteer_v1_ReconcileResponse__Output>): grpc.ClientUnaryCall;
  /**
   * What one side alone changed is done on the other. What both changed is a conflict, and stays unless a choice names it.
   */
  reconcile(argument: _tagsteer_v1_ReconcileRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ReconcileResponse__Output>): grpc.ClientUnaryCall;
  reconcile(argument: _tagsteer_v1_ReconcileRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_tagsteer_v1_ReconcileResponse__Output>): grpc.ClientUnaryCall;
  reconcile(argument: _tagsteer_v1_ReconcileRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_tagsteer_v1_ReconcileResponse__Output>): grpc.ClientUnaryCall;
  reconcile(argument: _tagsteer_v1_ReconcileRequest, callback: grpc.requestCallback<_tagsteer_v1_ReconcileResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface IpamServiceHandlers extends grpc.UntypedServiceImplementation {
  ExportCsv: grpc.handleUnaryCall<_tagsteer_v1_ExportCsvRequest__Output, _tagsteer_v1_ExportCsvResponse>;
  
  /**
   * Takes a file in. Addresses of which we say something else are conflicts, and stay.
   */
  ImportCsv: grpc.handleUnaryCall<_tagsteer_v1_ImportCsvRequest__Output, _tagsteer_v1_ImportCsvResponse>;
  
  /**
   * The external IPAMs of the settings, and how the last reading of each went.
   */
  ListConnectors: grpc.handleUnaryCall<_tagsteer_v1_ListConnectorsRequest__Output, _tagsteer_v1_ListConnectorsResponse>;
  
  /**
   * What Reconcile would do now. It writes nothing on either side.
   */
  PlanReconcile: grpc.handleUnaryCall<_tagsteer_v1_PlanReconcileRequest__Output, _tagsteer_v1_ReconcilePlan>;
  
  /**
   * What one side alone changed is done on the other. What both changed is a conflict, and stays unless a choice names it.
   */
  Reconcile: grpc.handleUnaryCall<_tagsteer_v1_ReconcileRequest__Output, _tagsteer_v1_ReconcileResponse>;
  
}

export interface IpamServiceDefinition extends grpc.ServiceDefinition {
  ExportCsv: MethodDefinition<_tagsteer_v1_ExportCsvRequest, _tagsteer_v1_ExportCsvResponse, _tagsteer_v1_ExportCsvRequest__Output, _tagsteer_v1_ExportCsvResponse__Output>
  ImportCsv: MethodDefinition<_tagsteer_v1_ImportCsvRequest, _tagsteer_v1_ImportCsvResponse, _tagsteer_v1_ImportCsvRequest__Output, _tagsteer_v1_ImportCsvResponse__Output>
  ListConnectors: MethodDefinition<_tagsteer_v1_ListConnectorsRequest, _tagsteer_v1_ListConnectorsResponse, _tagsteer_v1_ListConnectorsRequest__Output, _tagsteer_v1_ListConnectorsResponse__Output>
  PlanReconcile: MethodDefinition<_tagsteer_v1_PlanReconcileRequest, _tagsteer_v1_ReconcilePlan, _tagsteer_v1_PlanReconcileRequest__Output, _tagsteer_v1_ReconcilePlan__Output>
  Reconcile: MethodDefinition<_tagsteer_v1_ReconcileRequest, _tagsteer_v1_ReconcileResponse, _tagsteer_v1_ReconcileRequest__Output, _tagsteer_v1_ReconcileResponse__Output>
}
