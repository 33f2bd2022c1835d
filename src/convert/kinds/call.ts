// What is written in a chat about calls: how one went, one that is planned, one to many. That a call rings is call.updated.
import { proto } from '@whiskeysockets/baileys'
import { type Body, numberOf, textOf } from './body.ts'
import { instantOfMs, jidOf, type Told } from './interactive.ts'
import { systemBody } from './system-body.ts'

export function convertCall(content: proto.IMessage): Body | null {
  const { callLogMesssage: log, scheduledCallCreationMessage: planned, scheduledCallEditMessage: changed } = content
  const { bcallMessage: broadcast, call } = content
  if (log) return systemBody('call-logged', logged(log))
  if (planned) {
    const told = { startsAt: instantOfMs(planned.scheduledTimestampMs), video: planned.callType === PlannedType.VIDEO }
    return systemBody('call-scheduled', told, { text: textOf(planned.title) })
  }
  if (changed) return systemBody('call-cancelled', { targetMessageId: textOf(changed.key?.id) })
  if (broadcast) return systemBody('call-broadcast', {}, { text: textOf(broadcast.caption) })
  return call ? systemBody('call-offered', {}, { context: call.contextInfo }) : null
}

const { CallType: PlannedType } = proto.Message.ScheduledCallCreationMessage
const { CallOutcome, CallType } = proto.Message.CallLogMessage
const outcomes: Readonly<Record<number, string>> = {
  [CallOutcome.CONNECTED]: 'connected',
  [CallOutcome.MISSED]: 'missed',
  [CallOutcome.FAILED]: 'failed',
  [CallOutcome.REJECTED]: 'rejected',
  [CallOutcome.ACCEPTED_ELSEWHERE]: 'accepted-elsewhere',
  [CallOutcome.ONGOING]: 'ongoing',
  [CallOutcome.SILENCED_BY_DND]: 'silenced',
  [CallOutcome.SILENCED_UNKNOWN_CALLER]: 'silenced-unknown-caller',
}
const callTypes: Readonly<Record<number, string>> = {
  [CallType.REGULAR]: 'regular',
  [CallType.SCHEDULED_CALL]: 'scheduled',
  [CallType.VOICE_CHAT]: 'voice-chat',
}

const logged = (log: proto.Message.ICallLogMessage): { [name: string]: Told } => ({
  outcome: log.callOutcome == null ? null : outcomes[log.callOutcome],
  callType: log.callType == null ? null : callTypes[log.callType],
  video: log.isVideo ?? null,
  durationSeconds: numberOf(log.durationSecs),
  participants: (log.participants ?? []).map(one => ({
    id: jidOf(one.jid),
    outcome: one.callOutcome == null ? null : outcomes[one.callOutcome],
  })),
})
