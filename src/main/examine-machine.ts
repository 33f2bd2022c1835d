// What this machine lets a process have: its Node, open files, and memory.
import { totalmem } from 'node:os'
import type { Config } from '../runtime/config.ts'
import { descriptorLimit } from '../runtime/descriptors.ts'
import { broken, doubtful, type Finding, fine } from './finding.ts'
import { judgeDescriptors } from './watch-descriptors.ts'

const OLDEST_NODE = 24
const MIB = 1024 ** 2
/** With a hundred accounts that nobody writes to it takes 300 MiB, and its Postgres 85 (docs/figures.md). */
const LEAST_MEMORY_MIB = 512

export function examineMachine(config: Pick<Config, 'http'>): readonly Finding[] {
  const most = process.constrainedMemory()
  const has = totalmem()
  return judgeMachine({
    node: process.version,
    descriptors: descriptorLimit(),
    maxConnections: config.http.maxConnections,
    memoryMiB: Math.floor(Math.min(most > 0 ? most : has, has) / MIB),
    isContained: most > 0 && most < has,
  })
}

type Machine = {
  node: string
  /** null: there is no limit, or the system does not say. */
  descriptors: number | null
  maxConnections: number
  memoryMiB: number
  /** A container has less than its machine. */
  isContained: boolean
}

/** Pure. */
export const judgeMachine = (machine: Machine): readonly Finding[] => [
  judgeNode(machine),
  judgeFiles(machine),
  judgeMemory(machine),
]

function judgeNode({ node }: Machine): Finding {
  if (Number(/^v(\d+)/.exec(node)?.[1]) >= OLDEST_NODE) return fine('node', node)
  return broken('node', node, `expected Node ${OLDEST_NODE} or newer: npm ci installs it`)
}

/** Accounts are not counted: one that runs says so of itself. */
function judgeFiles({ descriptors: limit, maxConnections }: Machine): Finding {
  const part = 'descriptors'
  if (limit === null) return fine(part, 'as many files and sockets as there are')
  const { state, detail } = judgeDescriptors({ limit, open: null, instances: 0, maxConnections })
  return state === 'ok' ? fine(part, `the process may open ${limit} files and sockets`) : doubtful(part, detail, null)
}

function judgeMemory({ memoryMiB, isContained }: Machine): Finding {
  const found = `${memoryMiB} MiB${isContained ? ', the limit of the container' : ''}`
  if (memoryMiB >= LEAST_MEMORY_MIB) return fine('memory', found)
  return doubtful('memory', found, `give it ${LEAST_MEMORY_MIB} MiB or more; an account takes about 1 MiB besides`)
}
