/** No gap in traffic at 100,000 flows, as test/system/no-gap.test.ts has it at fewer. Needs root and Open vSwitch. */
import { noGap } from '../support/no-gap-cases.ts'

noGap(100_000)
