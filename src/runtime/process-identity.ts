// Tells a process from a later one that got its number: when it started, on which boot.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { readIfThere } from './read-if-there.ts'

/** null where no process of that number runs. Equal texts are the same process. Processes of other containers are not seen. */
export async function identifyProcess(pid: number): Promise<string | null> {
  return process.platform === 'linux' ? await fromProc(pid) : await fromPs(pid)
}

/** proc(5): after the name in parentheses, field 3 is the state and field 22 the start in clock ticks since boot. */
async function fromProc(pid: number): Promise<string | null> {
  const [boot, stat] = await Promise.all([readIfThere('/proc/sys/kernel/random/boot_id'), readStat(pid)])
  if (stat === null) return null
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  return fields[0] === 'Z' ? null : `${boot?.trim()} ${fields[19]}`
}

async function readStat(pid: number): Promise<string | null> {
  try {
    return await readIfThere(`/proc/${pid}/stat`)
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return null // it ended while we read
    throw error
  }
}

async function fromPs(pid: number): Promise<string | null> {
  try {
    const { stdout } = await promisify(execFile)('ps', ['-o', 'lstart=', '-p', String(pid)], {
      env: { LC_ALL: 'C', PATH: '/usr/bin:/bin' },
    })
    return stdout.trim()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 1) return null // ps's answer for: no such process
    throw error
  }
}
