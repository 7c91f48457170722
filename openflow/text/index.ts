/** The text form of OpenFlow in the manner of ovs-ofctl: what the package exports of it. */

export { formatActions, formatInstructions } from './actions.ts'
export { type ActionTextOptions, parseActions, parseInstructions } from './actions-parse.ts'
export { TEXT_CODES, type TextCode, TextError } from './error.ts'
export { formatError } from './error-message.ts'
export { type FlowLike, type FlowTextOptions, formatFlow } from './flow.ts'
export {
  type ParsedFlow,
  type ParsedFlowMod,
  parseFlow,
  parseFlowDump,
  parseFlowMod,
  parseFlowStats,
  parseFlows,
} from './flow-parse.ts'
export { formatGroup, type GroupLike } from './group.ts'
export { type ParsedGroup, type ParsedGroupMod, parseGroup, parseGroupMod } from './group-parse.ts'
export { formatMatch } from './match.ts'
export { parseMatch } from './match-parse.ts'
export { formatMessage, type MessageTextOptions } from './message.ts'
export { formatMeter, type MeterLike, type MeterTextOptions } from './meter.ts'
export { type ParsedMeter, parseMeter } from './meter-parse.ts'
export { formatPort, type TextOptions } from './names.ts'
