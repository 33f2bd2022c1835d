// The file that a command sends is at WhatsApp before its message is built; a command without one goes on at once. While a file is prepared, waits
// for its turn or is not taken for now, its command holds its chat alone.
import type { FileToSend } from '../../convert/outgoing/write-file.ts'
import { keptBodyIn, uploadIn } from '../../events/command-bodies.ts'
import type { ClaimedCommand } from '../../instances/commands-claimed.ts'
import type { Owned } from '../../instances/instance-owners.ts'
import type { MediaConnection } from '../upload/media-connection.ts'
import type { Brought, FileUploads } from '../upload/upload.ts'
import { type CommandTimes, failed, type Verdict } from './judge-try.ts'
import type { WaitingFiles } from './waiting-files.ts'

export type FileDeps = {
  owned: Owned
  over: AbortSignal
  uploads: Pick<FileUploads, 'bring'>
  mediaConnection: MediaConnection
  waiting: WaitingFiles
  times: CommandTimes
  clock: () => number
}

/** Of those that WhatsApp's servers do not take for now. */
const MOST_TRIES = 3

/** left: somebody cancelled it meanwhile. Rejects where the socket ends. */
export async function bringFile(
  deps: FileDeps,
  command: ClaimedCommand,
): Promise<{ is: 'at-whatsapp'; file: FileToSend | null } | Verdict | { is: 'left' } | NotGiven> {
  const { owned, over, uploads, waiting, mediaConnection: connection } = deps
  const body = keptBodyIn(command.body)
  const wanted = body && uploadIn(body)
  if (wanted === null) return { is: 'at-whatsapp', file: null }
  const of = { ...wanted, instanceId: owned.instanceId, commandId: command.command_id, connection }
  const brought = await waiting.whileWanted(of.commandId, wanted => uploads.bring(of, AbortSignal.any([over, wanted])))
  return brought === null ? { is: 'left' } : judged(deps, of, brought)
}

type NotGiven = { is: 'not-given'; delayMs: number; waitsFor: 'media' }

function judged({ waiting, times, clock }: FileDeps, of: { commandId: string; uploadId: string }, brought: Brought) {
  switch (brought.is) {
    case 'file':
      return { is: 'at-whatsapp', file: brought.file } as const
    case 'preparing':
      waiting.forFile(of)
      return { is: 'not-given', delayMs: times.fileMs, waitsFor: 'media' } as const
    case 'busy':
      waiting.until(of.commandId, brought.until)
      return { is: 'not-given', delayMs: times.fileMs, waitsFor: 'media' } as const
    case 'failed':
      return { is: 'over', outcome: failed('invalid', clock(), null, brought.reasonText) } as const
    case 'refused':
      return { is: 'over', outcome: failed('media-upload-failed', clock(), String(brought.status)) } as const
    case 'away': {
      const code = brought.status === null ? null : String(brought.status)
      if (brought.tries >= MOST_TRIES) return { is: 'over', outcome: failed('media-upload-failed', clock(), code) } as const
      return { is: 'not-given', delayMs: times.retryMs, waitsFor: 'media' } as const
    }
  }
}
