/** Capture files: any file is packets or a PcapError, however it is cut into pieces; its streams throw nothing. */
import { law, sameOctets, type Target } from '../engine/target.ts'
import { PcapError, PcapReader, Streams } from '../subject.ts'
import { sliced } from './framer.ts'

type Packet = ReturnType<PcapReader['push']>[number]

interface Outcome {
  readonly packets: Packet[]
  readonly error: string
  readonly waiting: number
}

function read(pieces: Iterable<Uint8Array>): Outcome {
  const reader = new PcapReader()
  const packets: Packet[] = []
  try {
    for (const piece of pieces) packets.push(...reader.push(piece))
  } catch (error) {
    if (!(error instanceof PcapError)) throw error
    return { packets, error: error.message, waiting: 0 }
  }
  return { packets, error: '', waiting: reader.waiting }
}

function same(a: Packet, b: Packet): boolean {
  return a.time === b.time && a.link === b.link && sameOctets(a.octets, b.octets)
}

export const pcapTarget: Target = {
  name: 'pcap',
  form: 'file',
  options: 1,
  limit: 50,
  run(input, feature) {
    const file = input.subarray(1)
    const whole = read([file])
    const parts = read(sliced(file, input[0] ?? 0))
    law(
      // What stood before the error in the same piece is lost with it.
      whole.error === parts.error && whole.waiting === parts.waiting,
      'another end in pieces',
      () => `${whole.error}, ${whole.waiting} waiting; in pieces ${parts.error}, ${parts.waiting} waiting`,
    )
    law(
      whole.packets.every((packet, i) => same(packet, parts.packets[i]!)),
      'other packets in pieces',
      () => `${whole.packets.length} and ${parts.packets.length}`,
    )
    const octets = parts.packets.reduce((sum, packet) => sum + packet.octets.length, 0)
    law(octets <= file.length, 'more octets than the file', () => `${octets} of ${file.length}`)
    feature(`${Math.min(4, parts.packets.length)} packets ${parts.error.replace(/\d+/g, '#')}`)
    const streams = new Streams()
    const captured = parts.packets.flatMap((packet) => {
      feature(`link ${packet.link < 300 ? packet.link : 'other'}`)
      return streams.push(packet)
    })
    captured.push(...streams.end())
    feature(`${Math.min(4, captured.length)} captured, ${Math.min(2, streams.losses.gaps)} gaps`)
    for (const { message } of captured) feature(message instanceof Uint8Array ? `message ${message[1]}` : message.code)
  },
}
