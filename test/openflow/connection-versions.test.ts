/** What depends on the version of a connection: which reply answers which request, what a switch says, what is refused. */
import type { Socket } from 'node:net'
import { expect } from 'chai'
import {
  BadReply,
  decode,
  encodeAll,
  hasMessage,
  MESSAGE_TYPES,
  type Message,
  type MessageType,
  type OpenFlowConnection,
  type RequestMessage,
  SPOKEN_VERSIONS,
  VERSIONS,
  type Version,
  versionBitmap,
  WireError,
} from 'node-openflow'
import { Connection, type Terms } from '../../openflow/connection/connection.ts'
import { REPLIES } from '../../openflow/connection/types.ts'
import { FEATURES, MemorySocket, ports, rejection, turn } from '../support/openflow-peer.ts'

/** What every version can say. */
const PLAIN = { ...FEATURES, capabilities: 7 }
const plainPorts = (count: number) => ports(count).map((port) => ({ ...port, state: 0, curr_speed: 0 }))

interface Ends {
  readonly socket: MemorySocket
  readonly say: (...messages: Message[]) => Promise<void>
  readonly established: Promise<OpenFlowConnection>
  /** As established, or why not. */
  readonly outcome: Promise<OpenFlowConnection | string>
}

/** A connection that offers one version, and what speaks to it in that one. */
function connection(version: Version, terms: Partial<Terms> = {}): Ends {
  const socket = new MemorySocket()
  const outcome = new Promise<OpenFlowConnection | string>((resolve) => {
    const all: Terms = { side: 'controller', remote: 'memory', versions: [version], ...terms }
    new Connection(socket as unknown as Socket, all, { established: resolve, refused: resolve })
  })
  const say = (...messages: Message[]): Promise<void> => socket.receive(encodeAll(messages, version))
  const established = outcome.then((one) => {
    if (typeof one === 'string') throw new Error(one)
    return one
  })
  return { socket, say, outcome, established }
}

const hello = (version: Version): Message => ({ type: 'hello', xid: 1, elements: [versionBitmap([version])] })

async function controllerOf(version: Version): Promise<Ends & { own: OpenFlowConnection }> {
  const ends = connection(version)
  await ends.say(hello(version))
  const { xid } = ends.socket.messages().find(({ type }) => type === 'features_request')!
  await ends.say({ type: 'features_reply', ...PLAIN, xid })
  if (version !== VERSIONS.of10) {
    const desc = ends.socket.messages()[0]!
    await ends.say({ type: 'multipart_reply', xid: desc.xid, flags: 0, mp_type: 'port_desc', body: [] })
  }
  const own = await ends.established
  ends.socket.messages()
  return { ...ends, own }
}

/** One request of each type, and a reply. */
const SAMPLES: Readonly<Record<keyof typeof REPLIES, readonly [RequestMessage, object]>> = {
  echo_request: [{ type: 'echo_request', data: new Uint8Array(3) }, { data: new Uint8Array(3) }],
  features_request: [{ type: 'features_request' }, PLAIN],
  get_config_request: [{ type: 'get_config_request' }, { flags: 0, miss_send_len: 128 }],
  multipart_request: [
    { type: 'multipart_request', flags: 0, mp_type: 'table', body: {} },
    { flags: 0, mp_type: 'table', body: [] },
  ],
  barrier_request: [{ type: 'barrier_request' }, {}],
  queue_get_config_request: [
    { type: 'queue_get_config_request', port: 3 },
    { port: 3, queues: [] },
  ],
  role_request: [
    { type: 'role_request', role: 'master', generation_id: 1n },
    { role: 'master', generation_id: 1n },
  ],
  nx_role_request: [{ type: 'nx_role_request', role: 'master' }, { role: 'master' }],
  get_async_request: [
    { type: 'get_async_request' },
    {
      packet_in_mask_master: 0,
      packet_in_mask_slave: 0,
      port_status_mask_master: 0,
      port_status_mask_slave: 0,
      flow_removed_mask_master: 0,
      flow_removed_mask_slave: 0,
    },
  ],
  nx_tlv_table_request: [{ type: 'nx_tlv_table_request' }, { max_option_space: 8, max_fields: 2, mappings: [] }],
  bundle_control: [
    { type: 'bundle_control', bundle_id: 1, bundle_type: 'open_request', flags: 1, properties: [] },
    { bundle_id: 1, bundle_type: 'open_reply', flags: 1, properties: [] },
  ],
  experimenter: [
    { type: 'experimenter', experimenter: 7, exp_type: 0, data: new Uint8Array(4) },
    { experimenter: 7, exp_type: 0, data: new Uint8Array(4) },
  ],
}

describe('requests and their replies', () => {
  it('are all in the table: what is named a request, and what is named a reply', () => {
    const named = (end: string): MessageType[] => MESSAGE_TYPES.filter((type) => type.endsWith(end))
    expect(Object.keys(REPLIES)).to.include.members(named('_request'))
    expect(Object.values(REPLIES)).to.include.members(named('_reply'))
  })

  for (const version of SPOKEN_VERSIONS) {
    for (const [type, [request, body]] of Object.entries(SAMPLES)) {
      const reply = REPLIES[type as keyof typeof REPLIES]
      if (!hasMessage(type as MessageType, version)) {
        it(`version octet ${version} has no ${type}: it is refused at once`, async () => {
          const { own, socket } = await controllerOf(version)
          expect(await rejection(own.request(request)))
            .to.be.instanceOf(WireError)
            .with.property('code', 'not_in_version')
          await turn()
          expect(socket.written).to.deep.equal([])
          own.close()
        })
        continue
      }

      it(`version octet ${version}: ${type} is answered by ${reply}`, async () => {
        const { own, socket, say } = await controllerOf(version)
        own.onMessage = ({ type: other }) => expect.fail(`${other} is no answer`)
        const answer = own.request(request)
        await turn()
        const { xid } = socket.messages()[0]!
        await say({ ...body, type: reply, xid } as Message)
        const [message] = await answer
        expect(message).to.include({ type: reply, xid })
        own.close()
      })

      // These two take any octets.
      if (type === 'echo_request' || type === 'experimenter') continue
      it(`version octet ${version}: an undecodable answer to ${type} rejects it at once`, async () => {
        const { own, socket } = await controllerOf(version)
        const answer = rejection(own.request(request))
        await turn()
        const { xid } = socket.messages()[0]!
        const octets = encodeAll([{ ...body, type: reply, xid } as Message], version)
        // Longer than its shape.
        const wrong = Buffer.concat([octets, Buffer.of(1)])
        new DataView(wrong.buffer, wrong.byteOffset).setUint16(2, wrong.length)
        expect(() => decode(wrong), 'a test of undecodable octets').to.throw(WireError)
        await socket.receive(wrong)
        const error = await Promise.race([answer, turn()])
        expect(error).to.be.instanceOf(BadReply)
        own.close()
      })
    }
  }
})

describe('a connection that has agreed on a version', () => {
  for (const version of SPOKEN_VERSIONS) {
    for (const other of SPOKEN_VERSIONS.filter((one) => one !== version)) {
      it(`version octet ${version} refuses a features_reply of ${other} in the handshake`, async () => {
        const { socket, say, outcome } = connection(version)
        await say(hello(version))
        const { xid } = socket.messages().find(({ type }) => type === 'features_request')!
        await socket.receive(encodeAll([{ type: 'features_reply', ...PLAIN, xid }], other))
        expect(await outcome).to.match(/^bad_version at octet 0 in version: OpenFlow 1\.\d on a connection that speaks/)
        const [error] = socket.messages()
        expect(error).to.include({ type: 'error', xid, error_type: 'bad_request', code: 'bad_version' })
        expect(error!.version ?? 4).to.equal(version)
      })
    }

    it(`version octet ${version} takes a second hello, and hello_failed after the handshake, as messages`, async () => {
      const { own, say } = await controllerOf(version)
      const heard: string[] = []
      own.onMessage = ({ type }) => heard.push(type)
      const error = {
        type: 'error',
        xid: 9,
        error_type: 'hello_failed',
        code: 'eperm',
        data: new Uint8Array(0),
      } as const
      await say(hello(version), error)
      expect(heard).to.deep.equal(['hello', 'error'])
      expect([own.version, own.closed]).to.deep.equal([version, false])
      own.close()
    })

    for (const count of [0, 1, 899, 900, 909, 910, 1800]) {
      // Ports of 1.0 stand in one message, of 48 octets each.
      if (version === VERSIONS.of10 && count > 1300) continue
      it(`version octet ${version}: a switch tells ${count} ports`, async () => {
        const all = plainPorts(count)
        const terms = { side: 'switch', answers: { features: () => PLAIN, ports: () => all } } as const
        const { established, socket, say } = connection(version, terms)
        await say(hello(version))
        const own = await established
        socket.messages()
        const desc = { type: 'multipart_request', xid: 3, flags: 0, mp_type: 'port_desc', body: {} } as const
        await say({ type: 'features_request', xid: 2 }, ...(version === VERSIONS.of10 ? [] : [desc]))
        await turn()
        const [features, ...parts] = socket.messages()
        expect(features).to.deep.include({ type: 'features_reply', xid: 2, datapath_id: PLAIN.datapath_id })
        const told =
          version === VERSIONS.of10
            ? (features as { ports?: object[] }).ports
            : parts.flatMap((part) =>
                part.type === 'multipart_reply' && part.mp_type === 'port_desc' ? part.body : [],
              )
        expect((told as Array<{ port_no: number }>).map(({ port_no }) => port_no)).to.deep.equal(
          all.map(({ port_no }) => port_no),
        )
        expect(own.closed).to.equal(false)
        own.close()
      })
    }
  }

  it('1.5 asks for one port and is told of one', async () => {
    const terms = { side: 'switch', answers: { features: () => PLAIN, ports: () => plainPorts(5) } } as const
    const { established, socket, say } = connection(6, terms)
    await say(hello(6))
    await established
    socket.messages()
    await say({ type: 'multipart_request', xid: 3, flags: 0, mp_type: 'port_desc', body: { port_no: 4 } })
    const [part] = socket.messages()
    expect(part?.type === 'multipart_reply' && part.mp_type === 'port_desc' && part.body).to.have.length(1)
    expect(part).to.have.nested.property('body[0].port_no', 4)
  })

  it('tells ports in smaller parts where a version says more of each', async () => {
    const all = plainPorts(900).map((port) => ({
      ...port,
      properties: [{ type: 'experimenter' as const, experimenter: 1, exp_type: 1, data: new Uint8Array(200) }],
    }))
    const terms = { side: 'switch', answers: { features: () => PLAIN, ports: () => all as never } } as const
    const { established, socket, say } = connection(5, terms)
    await say(hello(5))
    const own = await established
    socket.messages()
    await say({ type: 'multipart_request', xid: 3, flags: 0, mp_type: 'port_desc', body: {} })
    await turn()
    const told = socket
      .messages()
      .flatMap((part) => (part.type === 'multipart_reply' && part.mp_type === 'port_desc' ? part.body : []))
    expect(told, own.closed ? 'closed' : '').to.have.length(900)
  })
})
