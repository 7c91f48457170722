/**
 * What settings mean for the channel: where switches and databases connect, and who may; and what is written to databases. It refuses to open anything.
 * Used by main.ts.
 */
import { SWITCH_UNIT } from '../host/certs.ts'
import type { ControllerConfig } from '../host/config.ts'
import { readTls } from './api/server.ts'
import type { SouthboundOptions } from './channel/southbound.ts'
import { telemetryWish } from './channel/telemetry-rows.ts'
import type { HypervisorsOptions } from './hypervisors.ts'

/** Throws, naming the file, where a certificate cannot be used. */
export function southboundOptions(config: ControllerConfig): SouthboundOptions {
  const where = ({ host, port, tls }: ControllerConfig['openflow'][number]) => ({
    ...{ host, port },
    ...(tls && { tls: readTls(tls) }),
  })
  return {
    listen: config.openflow.map(where),
    ovsdb: config.ovsdb,
    ...(config.ovsdbTls && { ovsdbTls: readTls(config.ovsdbTls) }),
    ovsdbListen: config.ovsdbListen.map(where),
    repair: config.repair,
    refuseInBand: true,
    admit: (datapathId, certificate) =>
      certificate === undefined || certificate.unit === SWITCH_UNIT
        ? undefined
        : `switch ${datapathId} came with the certificate of ${certificate.name}, whose unit is not ${SWITCH_UNIT}`,
    times: { auditMs: config.limits.auditMs },
    maxConnections: config.limits.connections,
  }
}

/** What is wished of databases, and whether it may be written. */
export function databaseWishes({
  repair,
  telemetry,
  bridgeControllers = [],
}: ControllerConfig): Pick<HypervisorsOptions, 'repair' | 'telemetryOf' | 'controllers'> {
  return { repair, telemetryOf: (datapathId) => telemetryWish(telemetry, datapathId), controllers: bridgeControllers }
}
