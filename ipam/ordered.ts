/**
 * An ordered map with bigint keys: a treap, so that looking up, the nearest key on either side, adding and removing each
 * take O(log n) expected steps. Ranks come from a fixed sequence, so the same calls always build the same tree. It
 * refuses to know what keys mean. Used by extents.ts (addresses) and ledger.ts (points in time).
 *
 * Source: Seidel and Aragon, Randomized Search Trees, Algorithmica 16 (1996).
 */

interface Node<V> {
  readonly key: bigint
  value: V
  readonly rank: number
  left: Node<V> | undefined
  right: Node<V> | undefined
}

export interface Pair<V> {
  readonly key: bigint
  readonly value: V
}

export class Ordered<V> {
  #root: Node<V> | undefined
  #size = 0
  #rank = 0x2545f491

  get size(): number {
    return this.#size
  }

  get(key: bigint): V | undefined {
    const near = this.floor(key)
    return near?.key === key ? near.value : undefined
  }

  /** The greatest key that is not above. */
  floor(key: bigint): Pair<V> | undefined {
    let best: Node<V> | undefined
    let at = this.#root
    while (at !== undefined) {
      if (at.key <= key) {
        best = at
        at = at.right
      } else at = at.left
    }
    return best
  }

  /** The least key that is not below. */
  ceiling(key: bigint): Pair<V> | undefined {
    let best: Node<V> | undefined
    let at = this.#root
    while (at !== undefined) {
      if (at.key >= key) {
        best = at
        at = at.left
      } else at = at.right
    }
    return best
  }

  /** Adds a key, or gives one that is there another value. */
  set(key: bigint, value: V): void {
    const rank = this.#nextRank()
    let parent: Node<V> | undefined
    let at = this.#root
    // The place of the new node, were the key not there already: the first node of a lower rank on the way to the key.
    let place: { parent: Node<V> | undefined; at: Node<V> | undefined } | undefined
    while (at !== undefined && at.key !== key) {
      if (place === undefined && at.rank < rank) place = { parent, at }
      parent = at
      at = key < at.key ? at.left : at.right
    }
    if (at !== undefined) {
      at.value = value
      return
    }
    place ??= { parent, at: undefined }
    const node: Node<V> = { key, value, rank, left: undefined, right: undefined }
    split(place.at, key, node)
    this.#hang(place.parent, key, node)
    this.#size++
  }

  /** @returns Whether the key was there. */
  delete(key: bigint): boolean {
    let parent: Node<V> | undefined
    let at = this.#root
    while (at !== undefined && at.key !== key) {
      parent = at
      at = key < at.key ? at.left : at.right
    }
    if (at === undefined) return false
    this.#hang(parent, key, merge(at.left, at.right))
    this.#size--
    return true
  }

  /** From the key upwards; each step is a search of its own, so what is changed meanwhile does no harm. */
  *from(key: bigint): IterableIterator<Pair<V>> {
    for (let at = this.ceiling(key); at !== undefined; at = this.ceiling(at.key + 1n)) yield at
  }

  #hang(parent: Node<V> | undefined, key: bigint, node: Node<V> | undefined): void {
    if (parent === undefined) this.#root = node
    else if (key < parent.key) parent.left = node
    else parent.right = node
  }

  /** Marsaglia's xorshift of 32 bits. */
  #nextRank(): number {
    let rank = this.#rank
    rank ^= rank << 13
    rank ^= rank >>> 17
    rank ^= rank << 5
    this.#rank = rank
    return rank >>> 0
  }
}

/** Hangs what is below the key on the node's left and what is above on its right. */
function split<V>(tree: Node<V> | undefined, key: bigint, node: Node<V>): void {
  let [low, high] = [node, node]
  let at = tree
  while (at !== undefined) {
    if (at.key < key) {
      if (low === node) node.left = at
      else low.right = at
      low = at
      at = at.right
    } else {
      if (high === node) node.right = at
      else high.left = at
      high = at
      at = at.left
    }
  }
  if (low !== node) low.right = undefined
  if (high !== node) high.left = undefined
}

/** Two trees of which the first has the lower keys. */
function merge<V>(one: Node<V> | undefined, other: Node<V> | undefined): Node<V> | undefined {
  let root: Node<V> | undefined
  let hang = (node: Node<V> | undefined): void => {
    root = node
  }
  let [low, high] = [one, other]
  while (low !== undefined && high !== undefined) {
    if (low.rank > high.rank) {
      const node: Node<V> = low
      hang(node)
      hang = (next) => {
        node.right = next
      }
      low = node.right
    } else {
      const node: Node<V> = high
      hang(node)
      hang = (next) => {
        node.left = next
      }
      high = node.left
    }
  }
  hang(low ?? high)
  return root
}
