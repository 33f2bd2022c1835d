// What a broken log does too late: after its caller was told it is done.
import { wait } from '../../src/runtime/wait.ts'

const never = new AbortController().signal

export async function breakLater<T>(delayMs: number, act: () => Promise<T>): Promise<T> {
  await wait(delayMs, never)
  return act()
}
