// The profiler of another Node process, over its inspector (Chrome DevTools Protocol: Profiler).
import { once } from 'node:events'
import { WebSocket } from 'undici'
import type { CpuProfile } from './profile-summary.ts'

type Answer = { id?: number; result?: unknown; error?: { message: string } }
export type Inspector = {
  start(): Promise<void>
  stop(): Promise<CpuProfile>
  /** The process does not end before. */
  close(): Promise<void>
}

/** `url`: as that process said it; `sampleUs`: between two looks. Calls reject where it does not answer. */
export function openInspector(url: string, sampleUs: number): Inspector {
  const socket = new WebSocket(url)
  const opened = once(socket, 'open')
  const gone = new Promise<Answer>(resolve =>
    socket.addEventListener('close', () => resolve({ error: { message: 'the process is gone' } })),
  )
  const waiting = new Map<number, (answer: Answer) => void>()
  socket.addEventListener('message', ({ data }) => {
    const answer: Answer = JSON.parse(String(data))
    if (answer.id !== undefined) waiting.get(answer.id)?.(answer)
  })

  const post = async (method: string, params: object = {}): Promise<unknown> => {
    await Promise.race([opened, gone])
    const id = waiting.size + 1
    const answered = new Promise<Answer>(resolve => waiting.set(id, resolve))
    socket.send(JSON.stringify({ id, method, params }))
    const { result, error } = await Promise.race([answered, gone])
    if (error !== undefined) throw new Error(`asking the inspector for ${method}: ${error.message}`)
    return result
  }
  return {
    start: async () => {
      await post('Profiler.enable')
      await post('Profiler.setSamplingInterval', { interval: sampleUs })
      await post('Profiler.start')
    },
    stop: async () => ((await post('Profiler.stop')) as { profile: CpuProfile }).profile,
    close: async () => {
      socket.close()
      await gone
    },
  }
}
