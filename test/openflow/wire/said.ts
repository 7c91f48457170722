/** What decode and encode make of a message in hexadecimal digits, in one line: for comparing two processes. */
import { decode, encode } from '../../../openflow/spec/message.ts'
import { WireError } from '../../../openflow/wire/error.ts'
import { fromHex, toHex } from '../../../openflow/wire/hex.ts'
import { toJson } from '../../../openflow/wire/json.ts'

export function said(digits: string): string {
  try {
    const message = decode(fromHex(digits))
    return `${toJson(message)} ${toHex(encode(message))}`
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return `${error.code} ${error.offset} ${error.path}`
  }
}
