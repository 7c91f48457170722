/**
 * What the address bench begins with: a store's directory with pools, instances and leases, written straight to its file.
 * The first of each is made the ordinary way; the others are copies of it with names, addresses and numbers of their own,
 * so that a million takes seconds. It measures nothing.
 */
import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { allocate } from '../controller/addresses/leases.ts'
import type { NumberRecord } from '../controller/policy/numbers.ts'
import { RECORD_NUMBERS } from '../controller/policy/propose.ts'
import { createWriter } from '../controller/write.ts'
import { leaseKey, numberOfText, textOfNumber } from '../model/address-key.ts'
import { type InterfaceRecord, type Lease, PREFIX } from '../model/records.ts'
import { type AnyDraft, validateRecord } from '../model/validate.ts'
import { FILE, newFile } from '../store/journal.ts'
import { openMemoryStore } from '../store/memory.ts'
import { must } from './records.ts'

/** One pool, in a network of its own that has the same name. */
export interface Filled {
  nap: string
  /** Addresses, from 10.0.0.0 on. */
  size: number
  /** Of them, held by the first instances, */
  held: number
  /** so many by each. */
  each: number
  /** Instances altogether; those beyond hold nothing. */
  instances: number
}

const FIRST = 0x0a000000n
const PER_COMMIT = 5000
const SPACES = ['bench', 'tenth', 'full']

export const nameOf = (nap: string, index: number): string => `${nap}-${index}`

/** MACs of one pool's instances are apart from those of another's. */
export function interfaceOf(nap: string, index: number): Record<string, unknown> & { name: string; mac: string } {
  const hex = index.toString(16).padStart(8, '0')
  const mac = `02:0${SPACES.indexOf(nap)}:${hex.match(/../g)!.join(':')}`
  return { name: nameOf(nap, index), mac, network: nap, tags: [{ text: 'tenant' }, { text: 'web' }] }
}

/** Writes the directory of a store that has not been opened yet. */
export async function fill(directory: string, plan: readonly Filled[]): Promise<void> {
  const store = openMemoryStore()
  const writer = createWriter(store, Date.now)
  const write = async (record: AnyDraft): Promise<void> => {
    must(await writer.write(() => ({ ok: true, value: [{ op: 'create', record }] }), CALLER))
  }
  let number = 0
  for (const { nap, size, instances } of plan) {
    const ranges = [{ first: textOfNumber(FIRST), last: textOfNumber(FIRST + BigInt(size - 1)) }]
    await write(must(validateRecord('nap', { name: nap, network: nap, ranges, coolSeconds: 0 })))
    if (instances > 0) await write(must(validateRecord('interface', interfaceOf(nap, 0))))
    number += Number(instances > 0)
  }
  for (const { nap, held, each, instances } of plan) {
    if (instances === 0) continue
    const template = writer.newest.interfaces.get(nameOf(nap, 0))!
    const ask = { interface: template.name, client: '', network: nap, choice: { nap } }
    const lease = held === 0 ? undefined : must(await writer.lease((view) => allocate(view, [ask]), CALLER)).leases?.[0]
    const puts: { key: string; value: unknown }[] = []
    for (let index = 0; index < instances; index++) {
      const { name, mac } = interfaceOf(nap, index)
      const first = index * each
      const addresses = Array.from({ length: Math.max(0, Math.min(each, held - first)) }, (_, at) =>
        textOfNumber(FIRST + BigInt(first + at)),
      )
      const its = index === 0 ? template.number : ++number
      const record: InterfaceRecord = {
        ...template,
        name,
        mac: Number.parseInt(mac.replaceAll(':', ''), 16),
        addresses,
        number: its,
      }
      puts.push({ key: PREFIX.interface + name, value: record })
      for (const address of addresses) {
        const value: Lease = { ...lease!, address, interface: name, client: name }
        puts.push({ key: leaseKey(nap, numberOfText(address)), value })
      }
    }
    for (let at = 0; at < puts.length; at += PER_COMMIT)
      await store.commit({ puts: puts.slice(at, at + PER_COMMIT), cause: CALLER })
  }
  await store.commit({
    puts: [{ key: RECORD_NUMBERS.interface.key, value: { number } satisfies NumberRecord }],
    cause: CALLER,
  })
  writer.stop()
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const file = openSync(join(directory, FILE), 'w', 0o600)
  for (const line of newFile(store.revision(), store.list(''), [])) writeSync(file, line)
  closeSync(file)
  await store.close()
}

const CALLER = { caller: 'bench', method: 'fill' }
