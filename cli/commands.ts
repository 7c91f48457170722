/**
 * Every command, one row each. To add one: write its row under commands/, name it here; the parser, `--help`,
 * completion and docs/cli.md follow, and the help golden asks for a review.
 */
import type { CommandRow } from './command.ts'
import { apply, validate } from './commands/apply.ts'
import { blame } from './commands/blame.ts'
import { certs } from './commands/certs.ts'
import { controller } from './commands/controller.ts'
import { diff } from './commands/diff.ts'
import { history } from './commands/history.ts'
import { ipam } from './commands/ipam.ts'
import { lab } from './commands/lab.ts'
import { lease } from './commands/lease.ts'
import { lint } from './commands/lint.ts'
import { matrix } from './commands/matrix.ts'
import { nap } from './commands/nap.ts'
import { probe } from './commands/probe.ts'
import { propagation } from './commands/propagation.ts'
import { prove } from './commands/prove.ts'
import { describe, get, remove, tag } from './commands/records.ts'
import { refused } from './commands/refused.ts'
import { stage } from './commands/stage.ts'
import { status } from './commands/status.ts'
import { completion, schema, version } from './commands/tools.ts'
import { topology } from './commands/topology.ts'
import { up } from './commands/up.ts'
import { verify } from './commands/verify.ts'
import { events, explain, flows, tables, wait } from './commands/watch.ts'

/** In the order in which help shows them. */
export const COMMANDS: CommandRow[] = [
  up,
  controller,
  lab,
  certs,
  status,
  apply,
  diff,
  validate,
  lint,
  history,
  blame,
  get,
  describe,
  tag,
  remove,
  nap,
  lease,
  stage,
  ipam,
  explain,
  matrix,
  flows,
  refused,
  verify,
  prove,
  probe,
  propagation,
  tables,
  topology,
  events,
  wait,
  schema,
  completion,
  version,
]
