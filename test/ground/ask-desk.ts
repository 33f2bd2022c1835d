// What the run answers to that name (open-ground.ts), as text; rejects with its reason where it has no answer.
import { inject } from 'vitest'

export async function askDesk(name: string): Promise<string> {
  const answer = await fetch(`${inject('desk')}/${name}`)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`asking the test run, ${name}: ${text}`)
  return text
}
