/**
 * The nodes of one switch and what is still to be done at them: what comes to a node or goes is noted, and nodes are looked
 * at table by table, each once, and only where something that it was made of is another than before. A whole walk is the
 * same from nothing. It refuses to know what looking at a node means.
 */
import { type Asked, type Collected, type Edge, type Level, link, Node, united, unlink } from './node.ts'
import type { Region } from './region.ts'
import { isEqual } from './same.ts'

/** What is to be done at a node. */
export interface Todo {
  /** Something else comes here. */
  inputs: boolean
  /** Everything is to be looked at. */
  all: boolean
  /** Rows that its region meets are others, or what follows from them. */
  lookUp: boolean
  /** Parts of these interfaces, or of connections that these identities open. */
  whose: Set<string> | undefined
  openers: Set<number> | undefined
}

export class Graph {
  readonly levels = new Map<number, Level>()
  readonly doubted = new Set<Node>()
  readonly withWays = new Set<Node>()
  /** Of packets whose receivers nobody has named: facts about everybody count there. */
  readonly open = new Set<Node>()
  /** Of packets between several. */
  readonly families = new Set<Node>()
  /** Of packets between two, by identity. */
  readonly #between = new Map<number, Set<Node>>()
  readonly #todo = new Map<number, Map<Node, Todo>>()
  readonly #makeLevel: (table: number) => Level
  readonly #collected: Collected
  #parts = new Map<string | number, Node[]>()

  constructor(makeLevel: (table: number) => Level, collected: Collected) {
    this.#makeLevel = makeLevel
    this.#collected = collected
  }

  get regions(): number {
    let count = 0
    for (const { nodes } of this.levels.values()) count += nodes.size
    return count
  }

  level(table: number): Level {
    let level = this.levels.get(table)
    if (level === undefined) {
      level = this.#makeLevel(table)
      this.levels.set(table, level)
    }
    return level
  }

  between(identity: number): Iterable<Node> {
    return this.#between.get(identity) ?? []
  }

  #todoOf(node: Node): Todo {
    let its = this.#todo.get(node.table)
    if (its === undefined) {
      its = new Map()
      this.#todo.set(node.table, its)
    }
    let todo = its.get(node)
    if (todo === undefined) {
      todo = { inputs: false, all: false, lookUp: false, whose: undefined, openers: undefined }
      its.set(node, todo)
    }
    return todo
  }

  mark(node: Node, what: Partial<Todo>): void {
    if (node.isGone) return
    const todo = this.#todoOf(node)
    todo.inputs ||= what.inputs === true
    todo.all ||= what.all === true
    todo.lookUp ||= what.lookUp === true
    for (const name of what.whose ?? []) {
      todo.whose ??= new Set()
      todo.whose.add(name)
    }
    for (const opener of what.openers ?? []) {
      todo.openers ??= new Set()
      todo.openers.add(opener)
    }
  }

  /** Does what is to be done, table by table. */
  sweep(visit: (node: Node, todo: Todo) => void): void {
    for (let table = 0; table < 256; table++) {
      // Parts of a node come up while it is looked at.
      for (const [node, todo] of this.#todo.get(table) ?? []) {
        if (node.isGone || !this.#renew(node, todo)) continue
        const { outs } = node
        this.forget(node)
        visit(node, todo)
        this.settle(node, outs)
        this.note(node)
      }
      this.#todo.delete(table)
    }
  }

  /** Unites what comes to a node. @returns Whether there is something to be done. */
  #renew(node: Node, todo: Todo): boolean {
    if (todo.inputs) {
      const region = united(node, this.#collected)
      if (region === undefined) {
        this.delete(node)
        return false
      }
      if (!node.isKnown) todo.all = true
      else if (!isEqual(region, node.region)) {
        const openers = node.split?.movedTo(region)
        if (openers === undefined) todo.all = true
        else {
          todo.openers = new Set([...(todo.openers ?? []), ...openers])
          todo.lookUp = true
        }
      } else if (!todo.all && !todo.lookUp && todo.whose === undefined && todo.openers === undefined) return false
      node.region = region
    }
    node.isKnown = true
    return true
  }

  forget(node: Node): void {
    node.outs = []
    node.doubts = []
    node.ways = []
    this.open.delete(node)
    this.families.delete(node)
    if (this.#parts.size > 0) this.#parts = new Map()
  }

  /** Where a node's regions go now, in the place of where they went. */
  settle(node: Node, before: readonly Edge[]): void {
    if (before.length === 0) {
      for (const edge of node.outs) this.#leadsTo(edge)
      return
    }
    const left = new Map<Node, Edge[]>()
    for (const edge of before) {
      const its = left.get(edge.to)
      if (its === undefined) left.set(edge.to, [edge])
      else its.push(edge)
    }
    node.outs = node.outs.map((edge) => {
      const olds = left.get(edge.to)
      const at = olds?.findIndex((old) => isEqual(old.region, edge.region)) ?? -1
      if (olds !== undefined && at >= 0) return olds.splice(at, 1)[0] as Edge
      this.#leadsTo(edge)
      return edge
    })
    for (const olds of left.values()) {
      for (const edge of olds) {
        unlink(edge)
        this.mark(edge.to, { inputs: true })
      }
    }
  }

  #leadsTo(edge: Edge): void {
    link(edge)
    if (!edge.to.isGone) this.#todoOf(edge.to).inputs = true
  }

  /** A part of what is being looked at, which the table asks for. */
  part(node: Node, region: Region, whose: string | number, asked: Asked | undefined): Node {
    const part = new Node(node.table, region, node, asked)
    const its = this.#parts.get(whose)
    if (its === undefined) this.#parts.set(whose, [part])
    else its.push(part)
    return part
  }

  /** Parts as they came up, in the place of those before. @param whose Whose were looked at; undefined: all. */
  settleParts(node: Node, whose: Iterable<string | number> | undefined): void {
    const found = this.#parts
    if (found.size === 0 && node.parts === undefined) return
    this.#parts = new Map()
    for (const key of new Set(whose ?? [...found.keys(), ...(node.parts?.keys() ?? [])])) {
      const olds = node.parts?.get(key) ?? []
      const kept = (found.get(key) ?? []).map((part, at) => {
        const old = olds[at]
        if (old !== undefined && old.asked === part.asked && old.lost === part.lost && isEqual(old.region, part.region))
          return old
        if (old !== undefined) this.delete(old)
        this.level(node.table).add(part)
        this.mark(part, { all: true })
        return part
      })
      for (const old of olds.slice(kept.length)) this.delete(old)
      if (kept.length === 0) node.parts?.delete(key)
      else {
        node.parts ??= new Map()
        node.parts.set(key, kept)
      }
    }
  }

  delete(node: Node): void {
    const { outs } = node
    this.forget(node)
    this.settle(node, outs)
    for (const parts of node.parts?.values() ?? []) for (const part of parts) this.delete(part)
    node.isGone = true
    this.level(node.table).delete(node)
    this.note(node)
  }

  /** Under what a node is found. */
  note(node: Node): void {
    note(this.doubted, node, node.doubts.length > 0)
    note(this.withWays, node, node.ways.length > 0)
    if (node.table < 0) return
    const { phase, senders, receivers } = node.region.ghost
    if (phase === 'aimed') {
      const isPair = senders.size === 1 && receivers.size === 1
      note(this.families, node, !isPair && !node.isGone)
      if (!isPair) return
      for (const identity of [...senders.keys(), ...receivers.keys()]) {
        let its = this.#between.get(identity)
        if (its === undefined) {
          its = new Set()
          this.#between.set(identity, its)
        }
        note(its, node, !node.isGone)
      }
    } else if (phase !== 'passed' && (node.parent === undefined || node.asked === undefined))
      note(this.open, node, !node.isGone)
  }
}

function note(nodes: Set<Node>, node: Node, isOne: boolean): void {
  if (isOne) nodes.add(node)
  else if (nodes.size > 0) nodes.delete(node)
}
