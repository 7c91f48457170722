/** The reference switch: what of it the package gives out. */

export type { Output, Step } from './pipeline.ts'
export type { Flow } from './state.ts'
export { type ReferenceOptions, ReferenceSwitch, type Trace, type TraceOptions } from './switch.ts'
export type { GeneveOption, TunnelEnd, TunnelHeader, TunnelKind, UnderlayAddress } from './tunnel.ts'
