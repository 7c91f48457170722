/** No gap in traffic at as many flows as the suite has time for: a change of most of them touches more than 20,000. */
import { noGap } from '../support/no-gap-cases.ts'

noGap(36_000)
