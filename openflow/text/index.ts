/** The text form of OpenFlow in the manner of ovs-ofctl: what the package exports of it. */

export { formatActions, formatInstructions } from './actions.ts'
export { parseActions, parseInstructions } from './actions-parse.ts'
export { TEXT_CODES, type TextCode, TextError } from './error.ts'
export { type FlowLike, type FlowTextOptions, formatFlow } from './flow.ts'
export { type ParsedFlow, parseFlow } from './flow-parse.ts'
export { formatMatch } from './match.ts'
export { parseMatch } from './match-parse.ts'
export { formatError, formatMessage, type MessageTextOptions } from './message.ts'
export { formatPort, parsePort, type TextOptions } from './names.ts'
