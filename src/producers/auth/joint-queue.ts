// Puts what waits into few statements: one at a time, each with all that waits when it begins. What is not urgent begins none, but for a beat.
import type { KeyChange } from './auth-tables.ts'

export type JointQueue<Answer> = {
  /** In the next one, at once where none is under way. */
  now(change: KeyChange): Promise<Answer>
  /** In the next one that begins, at the latest with the next beat. */
  soon(change: KeyChange): Promise<Answer>
  /** What waits for a beat waits for none any more. */
  hurry(): void
}
type Deps<Answer> = {
  /** One answer per change, in order. One that rejects rejects every call in it. */
  work(batch: readonly KeyChange[]): Promise<readonly Answer[]>
  maxBatch: number
  beat(callback: () => void): void
}
type Call<Answer> = { change: KeyChange } & PromiseWithResolvers<Answer>

export function createJointQueue<Answer>({ work, maxBatch, beat }: Deps<Answer>): JointQueue<Answer> {
  const waiting: Call<Answer>[] = []
  let isDue = false
  let isRunning = false

  async function run(): Promise<void> {
    if (isRunning) return
    isRunning = true
    while (isDue && waiting.length > 0) {
      const batch = waiting.splice(0, maxBatch)
      // Whoever comes while this one is under way says whether it can wait; whoever found no place in it cannot.
      isDue = waiting.length > 0
      await settle(batch)
    }
    isRunning = false
  }

  async function settle(batch: readonly Call<Answer>[]): Promise<void> {
    try {
      const answers = await work(batch.map(({ change }) => change))
      if (answers.length !== batch.length) throw new Error(`expected ${batch.length} answers of a batch, got ${answers.length}`)
      for (const [index, answer] of answers.entries()) batch[index]?.resolve(answer)
    } catch (error) {
      for (const call of batch) call.reject(error)
    }
  }

  function add(change: KeyChange): Promise<Answer> {
    const call = { change, ...Promise.withResolvers<Answer>() }
    waiting.push(call)
    return call.promise
  }

  function hurry(): void {
    if (waiting.length === 0) return
    isDue = true
    void run()
  }

  return {
    now: change => {
      const answer = add(change)
      hurry()
      return answer
    },
    soon: change => {
      beat(hurry)
      return add(change)
    },
    hurry,
  }
}
