// A transfer worker that runs out of memory once the first piece of a file was read whose address ends in `dies`.
import { parentPort } from 'node:worker_threads'
import type { Asked } from '../../../src/processors/download/transfer-messages.ts'
import '../../../src/processors/download/transfer-worker.ts'

const doomed = new Set<number>()
parentPort?.on('message', (asked: Asked) => {
  if (asked.kind === 'begin' && asked.job.fetched.url.endsWith('dies')) doomed.add(asked.id)
  if (asked.kind === 'next' && doomed.has(asked.id)) useUpMemory()
})

function useUpMemory(): never {
  const held: number[][] = []
  for (;;) held.push(Array.from({ length: 100_000 }, (_, n) => n * Math.PI))
}
