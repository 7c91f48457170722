/** placeholder until the compiled form is written */
import type { Struct } from './struct.ts'
export function compileStruct<T>(plain: Struct<T>, _tag: string | undefined): Struct<T> {
  return plain
}
