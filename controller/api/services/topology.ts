/** TopologyService: switches and what is known of them, links, where interfaces are; and the records about switches. */
import { formatMac } from '../../../model/address.ts'
import { ok, type Result } from '../../../model/errors.ts'
import type { SwitchRecord } from '../../../model/records.ts'
import type { DeleteSwitchRequest__Output } from '../../../proto/gen/tagsteer/v1/DeleteSwitchRequest.ts'
import type { ListCarriersRequest__Output } from '../../../proto/gen/tagsteer/v1/ListCarriersRequest.ts'
import type { ListSwitchesRequest__Output } from '../../../proto/gen/tagsteer/v1/ListSwitchesRequest.ts'
import type { ListSwitchesResponse } from '../../../proto/gen/tagsteer/v1/ListSwitchesResponse.ts'
import type { Port } from '../../../proto/gen/tagsteer/v1/Port.ts'
import type { Switch } from '../../../proto/gen/tagsteer/v1/Switch.ts'
import type { SwitchState } from '../../../proto/gen/tagsteer/v1/SwitchState.ts'
import type { Topology } from '../../../proto/gen/tagsteer/v1/Topology.ts'
import type { UpdateSwitchRequest__Output } from '../../../proto/gen/tagsteer/v1/UpdateSwitchRequest.ts'
import type { SwitchStatus } from '../../channel/southbound.ts'
import type { CallContext } from '../call.ts'
import { listCarriers } from '../carried.ts'
import type { ApiDependencies } from '../deps.ts'
import { switchMessage, timestamp } from '../messages.ts'
import { readPage, takePage } from '../page.ts'
import { deleteRecord, updateRecord } from '../records.ts'
import type { ServiceMethods } from '../server.ts'

const STATE: Readonly<Record<SwitchStatus['state'], SwitchState>> = {
  served: 'SWITCH_STATE_SERVED',
  connecting: 'SWITCH_STATE_CONNECTING',
  refused: 'SWITCH_STATE_REFUSED',
  degraded: 'SWITCH_STATE_DEGRADED',
  disconnected: 'SWITCH_STATE_OFFLINE',
}

export function topologyService(deps: ApiDependencies): ServiceMethods {
  const { network, intent } = deps

  /** Every switch that has a record or was ever seen, by datapath id. */
  function all(): Switch[] {
    const records = new Map([...intent.switches.values()].map((record) => [record.datapathId, record]))
    const known = new Set([...records.keys(), ...network.switches.keys()])
    const at = interfacesAt()
    return [...known].sort().map((datapathId) => message(datapathId, records.get(datapathId), at))
  }

  /** Names of interface records by `datapath id/port`. */
  function interfacesAt(): Map<string, string[]> {
    const at = new Map<string, string[]>()
    for (const [name, { datapathId, port }] of network.observed.places) {
      const key = `${datapathId}/${port}`
      const names = at.get(key)
      if (names === undefined) at.set(key, [name])
      else names.push(name)
    }
    return at
  }

  function message(datapathId: string, record: SwitchRecord | undefined, at: Map<string, string[]>): Switch {
    const status = network.status(datapathId)
    const revision = record === undefined ? 0 : (intent.modRevision('switch', record.name) ?? 0)
    const described: Switch =
      record === undefined
        ? { name: '', owner: '', etag: '', uplinks: [], links: [], mode: 'SWITCH_MODE_PROACTIVE', datapathId }
        : switchMessage(record, revision)
    const known: Switch = { ...described, name: described.name || status?.name || '', state: 'SWITCH_STATE_OFFLINE' }
    if (status === undefined) return known
    return {
      ...known,
      state: STATE[status.state],
      degradedReason: status.reason ?? '',
      ports: [...status.ports.values()]
        .sort((a, b) => a.port - b.port)
        .map((port) => portMessage(datapathId, port, at)),
      desiredGeneration: String(status.wantedGeneration),
      appliedGeneration: String(status.appliedGeneration),
      keptVerdicts: network.observed.demands?.get(datapathId)?.size ?? 0,
      desiredFlows: network.desired(datapathId)?.flows.size ?? 0,
      installedFlows: network.installed(datapathId)?.flows.size ?? 0,
      remoteAddress: status.remote,
      ...(status.connectedAt === undefined ? {} : { connectTime: timestamp(status.connectedAt) }),
    }
  }

  function portMessage(
    datapathId: string,
    { port, name, up, hwAddr }: { port: number; name: string; up: boolean; hwAddr: number },
    at: Map<string, string[]>,
  ): Port {
    const interfaces = at.get(`${datapathId}/${port}`) ?? []
    const datapath = network.observed.datapaths.get(datapathId)
    const role =
      interfaces.length > 0
        ? 'PORT_ROLE_INTERFACE'
        : datapath?.fabricPorts.has(port)
          ? 'PORT_ROLE_FABRIC'
          : datapath?.uplinkPorts.has(port)
            ? 'PORT_ROLE_UPLINK'
            : 'PORT_ROLE_UNATTACHED'
    return { port, name, mac: formatMac(hwAddr), up, role, interfaces }
  }

  function topology(): Result<Topology> {
    const links = [...network.links]
      .map(({ from, to, lastSeen }) => ({
        fromDatapathId: from.datapathId,
        fromPort: from.port,
        toDatapathId: to.datapathId,
        toPort: to.port,
        lastSeen: timestamp(lastSeen),
      }))
      .sort((a, b) =>
        a.fromDatapathId === b.fromDatapathId ? a.fromPort - b.fromPort : a.fromDatapathId < b.fromDatapathId ? -1 : 1,
      )
    const locations = [...network.observed.places]
      .map(([name, { datapathId, port }]) => ({
        interface: name,
        datapathId,
        port,
        portName: network.observed.datapaths.get(datapathId)?.ports.get(port)?.name ?? '',
      }))
      .sort((a, b) => (a.interface < b.interface ? -1 : 1))
    return ok({ switches: all(), links, locations })
  }

  function list(request: ListSwitchesRequest__Output): Result<ListSwitchesResponse> {
    const page = readPage(request.pageSize, request.pageToken, 'switch')
    if (!page.ok) return page
    const { items, nextPageToken } = takePage(all(), ({ datapathId }) => datapathId ?? '', page.value, 'switch')
    return ok({ switches: items, nextPageToken })
  }

  return {
    GetTopology: { unary: topology },
    ListSwitches: { unary: list },
    ListCarriers: { unary: (request: ListCarriersRequest__Output) => listCarriers(deps, request) },
    UpdateSwitch: {
      unary: async (request: UpdateSwitchRequest__Output, context: CallContext): Promise<Result<Switch>> => {
        const written = await updateRecord<'switch'>(deps, 'switch', request.switch, request, context)
        if (!written.ok) return written
        const { record, revision } = written.value
        return ok({ ...message(record.datapathId, record, interfacesAt()), ...switchMessage(record, revision) })
      },
    },
    DeleteSwitch: {
      unary: (request: DeleteSwitchRequest__Output, context: CallContext) =>
        deleteRecord(deps, 'switch', request, context),
    },
  }
}
