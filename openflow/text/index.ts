/** The text form of OpenFlow in the manner of ovs-ofctl: what the package exports of it. */

export { formatActions, formatInstructions } from './actions.ts'
export { TEXT_CODES, type TextCode, TextError } from './error.ts'
export { type FlowLike, type FlowTextOptions, formatFlow } from './flow.ts'
export { formatMatch } from './match.ts'
export { formatError, formatMessage, type MessageTextOptions } from './message.ts'
export { formatPort, parsePort, type TextOptions } from './names.ts'
