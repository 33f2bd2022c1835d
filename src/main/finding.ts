// What a look at one part found, in words: how it is, and how to mend it.
import { describeError } from '../runtime/logger.ts'
import { orAbort } from '../runtime/or-abort.ts'
import { expectationOf, type Part } from './parts.ts'

export type Finding = {
  /** Such as postgres. */
  part: string
  /** bad: a start would fail, or a promise cannot be kept; warn: it may be meant. */
  state: 'ok' | 'warn' | 'bad'
  found: string
  /** In one line; null: there is nothing to mend, or what was found says it. */
  mend: string | null
}

export const fine = (part: string, found: string): Finding => ({ part, state: 'ok', found, mend: null })
export const doubtful = (part: string, found: string, mend: string | null): Finding => ({ part, state: 'warn', found, mend })
export const broken = (part: string, found: string, mend: string | null): Finding => ({ part, state: 'bad', found, mend })

/** One part outside of this process. What its adapter throws is a finding; so is that it did not answer in time. */
export type Look = { part: Pick<Part, 'name' | 'expected'>; look(signal: AbortSignal): Promise<readonly Finding[]> }

/** What one look found, and how long it took. */
export type Looked = { part: string; findings: readonly Finding[]; tookMs: number }
/** Hears of each look that it begins, and what came of it. */
export type Watching = { began(part: string): void; looked(of: Looked): void }
export const nobody: Watching = { began: () => undefined, looked: () => undefined }

/** Never rejects. What hangs is told to stop, and not waited for. */
export async function findWithin(look: Look, patienceMs: number, watching = nobody): Promise<readonly Finding[]> {
  const part = look.part.name
  const beganAt = performance.now()
  watching.began(part)
  const findings = await lookWithin(look, patienceMs)
  watching.looked({ part, findings, tookMs: performance.now() - beganAt })
  return findings
}

async function lookWithin({ part, look }: Look, patienceMs: number): Promise<readonly Finding[]> {
  const patience = new AbortController()
  const timer = setTimeout(() => patience.abort(), patienceMs)
  const late = () => new Error(`no answer within ${patienceMs / 1000} s`)
  try {
    return await orAbort(look(patience.signal), late, patience.signal)
  } catch (error) {
    const expected = error instanceof Error ? expectationOf(part, error) : part.expected
    return [broken(part.name, describeError(error), `expected ${expected}`)]
  } finally {
    clearTimeout(timer)
  }
}
