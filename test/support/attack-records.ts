/**
 * The records of the attack tests: tenant a has one UDP port, ICMP, and TCP 7001 of a2 only; tenant b has everything but
 * one port; o, in another network, has everything. The world is reached and let in on one UDP port.
 */

import { OPEN } from './attack-frames.ts'
import { type Host, macText, portOf, text4, text6, UPLINK } from './attack-hosts.ts'

const allow = (more: object): object => ({ direction: 'DIRECTION_INGRESS', action: 'ACTION_ALLOW', ...more })
export const record = (host: Host, tag: string, more: object = {}): object => ({
  interface: {
    name: host,
    tags: [{ text: tag }],
    mac: macText(host),
    addresses: [text4(host), text6(host)],
    attachment: { portName: { portName: portOf(host) } },
    ...more,
  },
})
export const vnp = (name: string, more: object = {}): object => ({
  vnp: { name, selector: { allOf: [{ text: name }] }, ...more },
})
/** All of them. */
export const records = (): object[] => [
  { switch: { name: 'left', datapathId: '0000000000000601', uplinks: [UPLINK] } },
  vnp('a'),
  vnp('b', { ingressDefault: 'DEFAULT_VERDICT_ALLOW' }),
  vnp('o', { ingressDefault: 'DEFAULT_VERDICT_ALLOW' }),
  {
    policy: {
      name: 'a',
      vnp: 'a',
      rules: [
        allow({ peer: { any: {} }, protocols: ['udp'], ports: [String(OPEN)] }),
        allow({ peer: { tags: {} }, protocols: ['icmp'] }),
        ...[text4('w1'), text6('w1')].map((address) => ({
          direction: 'DIRECTION_EGRESS',
          action: 'ACTION_ALLOW',
          peer: { cidr: `${address}/${address.includes(':') ? 128 : 32}` },
          protocols: ['udp'],
          ports: [String(OPEN)],
        })),
      ],
    },
  },
  {
    policy: {
      name: 'b',
      vnp: 'b',
      rules: [
        {
          direction: 'DIRECTION_INGRESS',
          peer: { any: {} },
          protocols: ['udp'],
          ports: ['7998'],
          action: 'ACTION_DENY',
        },
      ],
    },
  },
  {
    policy: {
      name: 'a2',
      vnp: 'a',
      appliesTo: { allOf: [{ text: 'serves' }] },
      rules: [allow({ peer: { tags: {} }, protocols: ['tcp'], ports: ['7001'] })],
    },
  },
  record('a1', 'a'),
  record('a2', 'a', { tags: [{ text: 'a' }, { text: 'serves' }] }),
  record('f1', 'a', { portSecurity: false }),
  record('b1', 'b'),
  record('b2', 'b'),
  record('n1', 'o', { network: 'other' }),
  record('n2', 'o', { network: 'other' }),
]
