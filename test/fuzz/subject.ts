/** What is fuzzed, bundled into one script of its own, so that coverage counts nothing of the fuzzer. */

export { Streams } from '../../openflow/cli/streams.ts'
export { Connection } from '../../openflow/connection/connection.ts'
export { Framer } from '../../openflow/framer.ts'
export { Handshake, negotiate } from '../../openflow/handshake.ts'
export { PcapError, PcapReader } from '../../openflow/pcap.ts'
export { ReferenceSwitch } from '../../openflow/reference/index.ts'
export { decode, encode, encodeAll, type Message } from '../../openflow/spec/message.ts'
export * as text from '../../openflow/text/index.ts'
export { WIRE_CODES, WireError } from '../../openflow/wire/error.ts'
export { octetsText, textOctets } from '../../openflow/wire/field.ts'
export { toJson } from '../../openflow/wire/json.ts'
export { isSpoken, SPOKEN_VERSIONS, type Version } from '../../openflow/wire/version.ts'
