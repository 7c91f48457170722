/** Keys of the indices of intent, and two small things that keeping them takes. It refuses to know records. Used by intent.ts. */
import type { Tag } from '../../model/tag.ts'
import { readKey } from './identity.ts'

export function addressKey(network: string, address: string): string {
  return `${network} ${address}`
}

export function portKey(datapathId: string, port: number): string {
  return `${datapathId} ${port}`
}

/** @param datapathId The switch that an attachment by port name names; undefined is any. */
export function namedPortKey(portName: string, datapathId: string | undefined): string {
  return `${datapathId ?? '*'} ${portName}`
}

/** The tags of an identity key; none of one that stands for a prefix. */
export function readTags(key: string): Tag[] {
  const meaning = readKey(key)
  return meaning.kind === 'tags' ? meaning.tags : []
}

export function put<K, V>(map: Map<K, V>, key: K, value: V | undefined): void {
  if (value === undefined) map.delete(key)
  else map.set(key, value)
}
