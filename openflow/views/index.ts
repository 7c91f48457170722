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
export { FlowModView, type PreparedFlowMod, writeFlowMod } from './flow-mod.ts'
export { FlowRemovedView, type PreparedFlowRemoved, writeFlowRemoved } from './flow-removed.ts'
export { FlowStatsEntry, FlowStatsView } from './flow-stats.ts'
export { fieldReader, MatchView, maskReader } from './match.ts'
export { PacketInView, type PreparedPacketIn, writePacketIn } from './packet-in.ts'
export { PacketOutView, type PreparedPacketOut, writePacketOut } from './packet-out.ts'
export { actionsOctets, instructionsOctets, matchOctets } from './write.ts'
