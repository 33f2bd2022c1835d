// What is changed by several questions, one after another.
import { ActionRefused, refusalIn } from './refusal.ts'

export type Step = { name: string; take(): Promise<unknown> }

/** Answers what was changed. A refusal says of what it is, and what was changed before it: that stays. */
export async function takeSteps(steps: readonly Step[]): Promise<readonly string[]> {
  const changed: string[] = []
  for (const { name, take } of steps) {
    try {
      await take()
    } catch (error) {
      throw refusedAt(name, changed, error) ?? error
    }
    changed.push(name)
  }
  return changed
}

/** Asked once all of them are taken: what is refused then changes nothing of them. */
export async function afterSteps<Said>(changed: readonly string[], asking: Promise<Said>): Promise<Said> {
  try {
    return await asking
  } catch (error) {
    throw refusedBehind('Reading it back', changed, error) ?? error
  }
}

const refusedAt = (name: string, changed: readonly string[], error: unknown) => refusedBehind(`Changing ${name}`, changed, error)

function refusedBehind(doing: string, changed: readonly string[], error: unknown): ActionRefused | null {
  const refusal = refusalIn(error)
  if (refusal === null) return null
  const { code, reason, passes } = refusal
  const isPartly = changed.length > 0
  const before = isPartly ? ` Changed before that: ${changed.join(', ')}.` : ''
  return new ActionRefused(`${doing}: ${refusal.message}${before}`, { code, reason, passes, isPartly })
}
