// How far something is, on stderr: on a terminal one line that is drawn anew in its place, elsewhere a line for each stage, and again where silence
// would look like a hang.
import { columnsOf } from './fit-terminal.ts'
import { createReminder } from './follow-qr.ts'

/**
 * `share`: of the whole, 0 to 1; null: it has no end. `stage`: what is said at once. `said`: what matters most first; for what is behind it a narrow
 * terminal has no room. `line`: all of it in words.
 */
export type Progress = { share: number | null; stage: string; said: readonly string[]; line: string }
export type ProgressLine = {
  show(progress: Progress): void
  /** Nothing is left of what was drawn: whatever comes next has the line. */
  close(): void
}
type Out = { write(text: string): unknown; isTTY?: boolean; columns?: number }

/** `terminal`: TERM, by which one that cannot draw is known. */
export const openProgressLine = (out: Out = process.stderr, terminal = process.env.TERM): ProgressLine =>
  drawnLine(out, terminal) ?? linesOn(out)

/** null: there is nothing to draw on, and whoever says it otherwise goes on to do so. */
export const drawnLine = (out: Out = process.stderr, terminal = process.env.TERM): ProgressLine | null =>
  out.isTTY === true && terminal !== 'dumb' ? drawnOn(out) : null

const ERASE = '\r\u001b[J'

function drawnOn(out: Out): ProgressLine {
  return {
    show: progress => void out.write(`${ERASE}${drawProgress(progress, columnsOf(out))}`),
    close: () => void out.write(ERASE),
  }
}

const REMIND_EVERY_MS = 5_000

function linesOn(out: Out): ProgressLine {
  const isDue = createReminder(REMIND_EVERY_MS)
  return {
    show: ({ stage, line }) => {
      if (isDue(stage, performance.now())) out.write(`${line}\n`)
    },
    close: () => undefined,
  }
}

const [BAR_SHARE, WIDEST_BAR, GAP] = [1 / 4, 24, '  ']

/** Narrower than the terminal by one column: in the last one some begin a new line. Pure. */
export function drawProgress({ share, said }: Progress, columns: number): string {
  const parts = share === null ? said : [barOf(share, Math.min(WIDEST_BAR, Math.floor(columns * BAR_SHARE))), ...said]
  const [first = '', ...others] = parts
  return others.reduce((line, part) => (line.length + GAP.length + part.length < columns ? `${line}${GAP}${part}` : line), first)
}

function barOf(share: number, width: number): string {
  const full = Math.floor(share * width)
  return `${'█'.repeat(full)}${'░'.repeat(width - full)} ${Math.floor(share * 100)} %`
}
