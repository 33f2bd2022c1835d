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

function refusedAt(name: string, changed: readonly string[], error: unknown): ActionRefused | null {
  const refusal = refusalIn(error)
  if (refusal === null) return null
  const before = changed.length === 0 ? '' : ` Changed before that: ${changed.join(', ')}.`
  return new ActionRefused(`Changing ${name}: ${refusal.message}${before}`, refusal)
}
