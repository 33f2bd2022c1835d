// How far a move is: one line drawn anew on a terminal, a line now and then elsewhere, a JSON line on stdout for programs.
import type { Progress, Told } from '../main/move/move.ts'
import { planLine } from './migrate-outcome.ts'
import { jsonLine } from './print-json.ts'
import { openProgressLine, type Progress as Shown } from './progress-line.ts'
import { say } from './say.ts'
import { plainText } from './text-table.ts'

const DRAW_EVERY_MS = 200
const JSON_EVERY_MS = 500

export type MigrateScreen = Told & { end(): void }

export function createMigrateScreen({ asJson }: { asJson: boolean }): MigrateScreen {
  const line = openProgressLine()
  const state = { step: '', beganAt: 0, saidAt: 0, from: 0 }

  function progressed(progress: Progress) {
    const now = performance.now()
    const isOther = state.step !== progress.step
    if (isOther) Object.assign(state, { step: progress.step, beganAt: now, from: progress.done })
    const isOver = progress.done >= progress.of
    if (!isOther && !isOver && now - state.saidAt < (asJson ? JSON_EVERY_MS : DRAW_EVERY_MS)) return
    state.saidAt = now
    const pace = { elapsedMs: now - state.beganAt, from: state.from }
    if (asJson) process.stdout.write(jsonLine({ event: 'progressed', ...progress, secondsLeft: secondsLeft(progress, pace) }))
    else line.show(progressOf(progress, pace))
  }

  return {
    planned: plan => {
      if (asJson) process.stdout.write(jsonLine({ event: 'planned', ...planLine(plan) }))
      else for (const doubt of plan.doubts) say(`note: ${plainText(doubt)}`)
    },
    progressed,
    waiting: why => {
      line.close()
      say(`waiting: ${plainText(why)}`)
    },
    end: line.close,
  }
}

/** `from`: what was done when it began. */
type Pace = { elapsedMs: number; from: number }

/** Pure. */
export function progressOf(progress: Progress, pace: Pace): Shown {
  const { step, done, of } = progress
  const stage = step === 'copy' ? 'copying' : 'comparing'
  const left = secondsLeft(progress, pace)
  const count = `${done.toLocaleString('en')} of ${of.toLocaleString('en')}`
  const rest = left === null || done >= of ? [] : [`${left.toLocaleString('en')} s left`]
  return {
    share: of === 0 ? 1 : Math.min(1, done / of),
    stage,
    said: [...rest, stage, count],
    line: [`${stage}: ${count} records`, ...rest].join(', '),
  }
}

/** null: not known yet. */
export function secondsLeft({ done, of }: Progress, { elapsedMs, from }: Pace): number | null {
  if (done >= of) return 0
  if (done <= from || elapsedMs < 1) return null
  return Math.ceil(((of - done) * elapsedMs) / (done - from) / 1_000)
}
