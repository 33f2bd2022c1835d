// Calls to a process of the bench's own: each is answered or fails here as it does there, and the process ends when we do.
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { describeError } from '../src/runtime/logger.ts'

type Call = { id: number; name: string; of: unknown }
type Answer = { id: number; result?: unknown; error?: string }
type Waiting = { resolve(result: unknown): void; reject(error: Error): void }

const STOP_WITHIN_MS = 5_000

/** `Calls`: what `file` hands to answerCalls. */
export function openChild<Calls extends object>(closing: AsyncDisposableStack, file: string): Calls {
  const child = fork(new URL(file, import.meta.url), { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  const waiting = new Map<number, Waiting>()
  let calls = 0
  closing.defer(() => stop(child))
  child.on('message', ({ id, result, error }: Answer) => {
    const call = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) call?.resolve(result)
    else call?.reject(new Error(error))
  })
  child.once('exit', (code, signal) => {
    for (const { reject } of waiting.values()) reject(new Error(`calling ${file}: it ended with ${signal ?? code}`))
  })

  const call = (name: string, of: unknown) =>
    new Promise<unknown>((resolve, reject) => {
      const id = ++calls
      waiting.set(id, { resolve, reject })
      child.send({ id, name, of } satisfies Call, error => {
        if (error !== null) reject(error)
      })
    })
  return new Proxy({}, { get: (_, name) => (name === 'then' ? undefined : (of: unknown) => call(String(name), of)) }) as Calls
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  const impatience = setTimeout(() => child.kill('SIGKILL'), STOP_WITHIN_MS)
  child.disconnect()
  await exited
  clearTimeout(impatience)
}

/** In the child: answers until the parent ends or lets go. */
export function answerCalls(calls: Readonly<Record<string, (of: never) => unknown>>): void {
  process.on('message', ({ id, name, of }: Call) => {
    answer(calls[name], of).then(
      result => process.send?.({ id, result } satisfies Answer),
      error => process.send?.({ id, error: `${name}: ${describeError(error)}` } satisfies Answer),
    )
  })
  process.once('disconnect', () => process.exit())
}

async function answer(call: ((of: never) => unknown) | undefined, of: unknown): Promise<unknown> {
  if (call === undefined) throw new Error('there is no such call')
  return call(of as never)
}
