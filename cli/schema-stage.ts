/** What a manifest of a stage policy may contain, as in schema.ts. */
import { STAGES } from '../model/records.ts'
import type { Schema } from './schema.ts'

const stageNames = [...STAGES]

export const stagePolicySchema: Schema = {
  title: 'StagePolicy',
  description: 'What holds for interfaces in one stage of their life, and when they leave it.',
  type: 'object',
  additionalProperties: false,
  required: ['kind', 'name'],
  properties: {
    kind: { const: 'StagePolicy' },
    name: { enum: stageNames, description: 'The stage.' },
    rateKbps: { type: 'integer', minimum: 1, description: 'Of all in the stage together, per switch and direction.' },
    burstKb: { type: 'integer', minimum: 0, description: 'One second of the rate where absent or 0.' },
    applications: {
      type: 'array',
      maxItems: 64,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['protocols'],
        properties: {
          protocols: { type: 'array', items: { type: ['string', 'integer'] }, minItems: 1 },
          ports: { type: 'array', items: { type: ['string', 'integer'] } },
        },
      },
      description: 'Nothing else is permitted; any where absent.',
    },
    restrictions: { type: 'array', items: { enum: ['no-ingress', 'no-egress', 'no-world'] } },
    silence: {
      type: 'object',
      additionalProperties: false,
      required: ['seconds', 'to'],
      properties: { seconds: { type: 'integer', minimum: 1 }, to: { enum: stageNames } },
      description: 'Where so much silence leads to.',
    },
    retentionSeconds: { type: 'integer', minimum: 0, description: 'How long addresses stay; only of revocable.' },
    escalations: {
      type: 'array',
      maxItems: 8,
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['trigger', 'above', 'seconds'],
        properties: {
          trigger: { enum: ['refused-packets', 'bandwidth'] },
          above: { type: 'integer', minimum: 1, description: 'Packets within the time, or kilobits per second.' },
          seconds: { type: 'integer', minimum: 1 },
          restrict: { type: 'boolean', description: 'Besides the alert, the interface is restricted.' },
        },
      },
    },
  },
}
