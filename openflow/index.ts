/** node-openflow: the one public surface. Everything a user of the package needs is exported here. */

export {
  type ConnectHandlers,
  type ConnectOptions,
  type Connector,
  connect,
  keepConnected,
  type ReconnectOptions,
} from './connection/connect.ts'
export { type Listener, type ListenHandlers, type ListenOptions, listen } from './connection/listen.ts'
export {
  BadReply,
  ConnectionClosed,
  type ConnectionOptions,
  type OpenFlowConnection,
  OpenFlowError,
  type RequestMessage,
  RequestTimeout,
  type SwitchAnswers,
  type TlsOptions,
} from './connection/types.ts'
export { Framer } from './framer.ts'
export { describeError, Handshake, type HandshakeOptions, negotiate, type Side, versionBitmap } from './handshake.ts'
export {
  type GeneveOption,
  type Output,
  type ReferenceOptions,
  ReferenceSwitch,
  type Step,
  type Trace,
  type TunnelEnd,
  type TunnelHeader,
  type TunnelKind,
  type UnderlayAddress,
} from './reference/index.ts'
export type { Action, ActionNamed, CloneAction, CtAction, CtZone } from './spec/actions-nested.ts'
export { ACTIONS } from './spec/actions-nested.ts'
export type { Bits, NatRange } from './spec/actions-nicira.ts'
export type { BundleFeatures, BundleFeaturesProperty, Time } from './spec/bundle-features.ts'
export * from './spec/constants.ts'
export type { ControllerStatus, ControllerStatusProperty } from './spec/controller-status.ts'
export { type EncapProperty, PACKET_TYPE } from './spec/encap.ts'
export {
  ERRORS,
  type ErrorCodeName,
  type ErrorKind,
  type ErrorNumbers,
  type ErrorTypeName,
  errorKind,
  errorNumbers,
  errorsIn,
} from './spec/errors.ts'
export type { BundleProperty } from './spec/experimenter.ts'
export type { FlowCounters } from './spec/flow-counters.ts'
export type { FlowMonitorRequest, FlowUpdate } from './spec/flow-monitor.ts'
export type { AggregateStats, FlowCountersOnly, FlowStats, FlowStatsRequest, TableStats } from './spec/flows.ts'
export type { GroupProperty } from './spec/group-properties.ts'
export type {
  Bucket,
  BucketProperty,
  GroupDesc,
  GroupFeatures,
  GroupStats,
  MeterBand,
  MeterConfig,
  MeterFeatures,
  MeterStats,
} from './spec/groups.ts'
export type { HelloElement } from './spec/hello.ts'
export { INSTRUCTION_ORDER, INSTRUCTIONS, type Instruction, type InstructionNamed } from './spec/instructions.ts'
export type { LearnResult, LearnSpec, Subfield } from './spec/learn.ts'
export { checkMatch, type MatchFault } from './spec/match.ts'
export {
  type BundleAddMessage,
  decode,
  type ErrorMessage,
  type ExperimenterMessage,
  encode,
  encodeAll,
  type HelloMessage,
  hasMessage,
  MESSAGE_TYPES,
  type Message,
  type MessageNamed,
  type MessageType,
  type RequestForwardMessage,
} from './spec/message.ts'
export {
  type Desc,
  hasMultipart,
  MULTIPART,
  type MultipartName,
  type MultipartReply,
  type MultipartRequest,
} from './spec/multipart.ts'
export { nearestError } from './spec/nearest-error.ts'
export type { NxFlowStats, NxFlowStatsRequest } from './spec/nicira-flows.ts'
export type { NxIpfixStats } from './spec/nicira-ipfix.ts'
export type { NxFlowMonitorRequest, NxFlowUpdate } from './spec/nicira-monitor.ts'
export {
  FIELD_NAMES,
  type FieldName,
  type FieldRef,
  fieldOfHeader,
  OXM,
  type Oxm,
  type OxmId,
  type OxmNamed,
  oxmRow,
  type UnknownOxm,
} from './spec/oxm.ts'
export { EXPERIMENTER, type Needs, OXM_CLASS, type OxmPrint, type OxmRow } from './spec/oxm-row.ts'
export { OXS, type Oxs, type UnknownOxs } from './spec/oxs.ts'
export type { PacketQueue, Port, PortStats, QueueDesc, QueueProperty, QueueStats } from './spec/ports.ts'
export type { SelectionMethod } from './spec/selection-method.ts'
export type { TableFeatureProperty, TableFeatures, TypeId } from './spec/table-features.ts'
export type { TableDesc, TableModProperty } from './spec/tables.ts'
export * from './text/index.ts'
export * from './views/index.ts'
export type { NonzeroPadding, Writer } from './wire/cursor.ts'
export { type ErrorAnswer, WIRE_CODES, type WireCode, WireError } from './wire/error.ts'
export { fromHex, toHex } from './wire/hex.ts'
export { toJson } from './wire/json.ts'
export type { UnknownExperimenter } from './wire/union.ts'
export { SPOKEN_VERSIONS, VERSIONS, type Version, versionText } from './wire/version.ts'
