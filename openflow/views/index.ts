/** Views: the hot messages read and written in place. What they promise stands in `view.ts`. */
export { ActionsView, InstructionsView } from './actions.ts'
export {
  BarrierView,
  EchoView,
  writeBarrierReply,
  writeBarrierRequest,
  writeEchoReply,
  writeEchoRequest,
} from './echo.ts'
export { FlowModView, type PreparedFlowMod, readFlowMod, writeFlowMod } from './flow-mod.ts'
export { FlowRemovedView, type PreparedFlowRemoved, readFlowRemoved, writeFlowRemoved } from './flow-removed.ts'
export { FlowStatsEntry, FlowStatsView } from './flow-stats.ts'
export { fieldReader, MatchView, maskReader } from './match.ts'
export { PacketInView, type PreparedPacketIn, readPacketIn, writePacketIn } from './packet-in.ts'
export { PacketOutView, type PreparedPacketOut, readPacketOut, writePacketOut } from './packet-out.ts'
export { actionsOctets, instructionsOctets, matchOctets } from './write.ts'
