// How far a purge is, until it is done: on a terminal a line that is drawn anew; elsewhere one when its step or what it waits for changes, and again
// where silence would look like a hang.
import { wait } from '../runtime/wait.ts'
import { type Purge, purge } from './answers.ts'
import type { ApiSettings } from './api-settings.ts'
import { callApi } from './call-api.ts'
import { CallFailed } from './call-failed.ts'
import { createReminder } from './follow-qr.ts'
import { drawnLine, type Progress } from './progress-line.ts'
import { shellWord } from './shell-word.ts'
import { plainText } from './text-table.ts'

const LOOK_EVERY_MS = 500
const REMIND_EVERY_MS = 5_000

/** Rejects CallFailed where none was asked for, or once the signal aborts: the purge goes on all the same. */
export async function followPurge(
  api: ApiSettings,
  id: string,
  say: (line: string) => void,
  stopping: AbortSignal,
): Promise<Purge> {
  const drawn = drawnLine()
  const isDue = createReminder(REMIND_EVERY_MS)
  try {
    for (;;) {
      const standing = await readPurge(api, id)
      if (standing.state === 'done') return standing
      if (standing.state === 'none') throw new CallFailed(describePurge(standing))
      if (drawn !== null) drawn.show(progressOf(standing))
      else if (isDue(describePurge(standing), performance.now())) say(`${describePurge(standing)}; ${erasedSoFar(standing)}`)
      if (!(await wait(LOOK_EVERY_MS, stopping)))
        throw new CallFailed(
          `stopped waiting, the purge goes on; ${api.zaplog} instances purge-status ${shellWord(id)} says how far it is`,
        )
    }
  } finally {
    drawn?.close()
  }
}

/** Pure. Steps take as long as there are rows, which nobody counts first. */
export function progressOf(standing: Purge): Progress {
  const { step, waitsFor } = standing
  const said = [step?.name ?? 'begins', ...(waitsFor === null ? [] : [`waits for ${waitsFor}`]), erasedSoFar(standing)]
  return {
    share: step == null ? 0 : (step.number - 1) / step.of,
    stage: step?.name ?? '',
    said: said.map(plainText),
    line: describePurge(standing),
  }
}

export const readPurge = (api: ApiSettings, id: string): Promise<Purge> =>
  callApi(api, {
    doing: `asking for the purge of ${id}`,
    method: 'GET',
    path: `/v1/instances/${encodeURIComponent(id)}/purge`,
    answer: purge,
  })

export function describePurge({ instanceId, state, doneAt, step, waitsFor }: Purge): string {
  switch (state) {
    case 'running':
      return plainText(
        `${instanceId} is being purged: ${step?.name}, step ${step?.number} of ${step?.of}${waitsFor === null ? '' : `; waits for ${waitsFor}`}`,
      )
    case 'done':
      return plainText(`${instanceId} was purged at ${doneAt}`)
    default:
      return plainText(`nobody asked for a purge of ${instanceId}`)
  }
}

const erasedSoFar = ({ erased }: Purge): string =>
  `${erased.reduce((sum, one) => sum + one.count, 0).toLocaleString('en')} rows and objects so far`
