/**
 * The three functions of the withdrawn "Metadata Reflection" proposal that the certificate library's injection
 * container calls, on plain maps. Installed right before that library is loaded, and only where nobody else has. It
 * knows nothing of certificates. Called by certs.ts.
 */

type Keyed = Map<unknown, unknown>

interface MetadataReflect {
  defineMetadata(key: unknown, value: unknown, target: object): void
  getOwnMetadata(key: unknown, target: object): unknown
  getMetadata(key: unknown, target: object): unknown
}

/** Gives `Reflect` the functions, once. */
export function installReflectMetadata(): void {
  const reflect = Reflect as Partial<MetadataReflect>
  if (reflect.getMetadata !== undefined) return
  const all = new WeakMap<object, Keyed>()
  const own = (key: unknown, target: object): unknown => all.get(target)?.get(key)
  const functions: MetadataReflect = {
    defineMetadata(key, value, target) {
      const keyed: Keyed = all.get(target) ?? new Map()
      all.set(target, keyed.set(key, value))
    },
    getOwnMetadata: own,
    getMetadata(key, target) {
      for (let at: object | null = target; at !== null; at = Object.getPrototypeOf(at) as object | null) {
        if (all.get(at)?.has(key) === true) return own(key, at)
      }
      return undefined
    },
  }
  Object.assign(reflect, functions)
}
