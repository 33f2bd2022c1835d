// A disk of its own for one process, of any size: a mount that only this process sees, and that goes with it.
import { runProgram } from '../../../infra/services/fetch-artifact.ts'
import { requireService, whyMissing } from '../../../infra/services/require-service.ts'

/** util-linux: in name spaces of its own, so that nobody has to be root. */
export const ownMounts = ['unshare', '--map-root-user', '--mount'] as const

/** For a shell behind ownMounts. */
export const mountingAt = ({ path, bytes }: { path: string; bytes: number }): string =>
  `mount -t tmpfs -o size=${bytes},mode=711 tmpfs '${path}'`

/** A path as that process sees it. */
export const pathInside = ({ pid }: { pid: number }, path: string): string => `/proc/${pid}/root${path}`

/** null: it can be had. */
export const ownDiskAvailable = (): Promise<string | null> =>
  whyMissing(() =>
    requireService('a disk that is full is missing: run as root, or let users have name spaces of their own (unshare)', () => {
      const [program, ...args] = ownMounts
      return runProgram(program, [...args, 'sh', '-c', mountingAt({ path: '/mnt', bytes: 2 ** 20 })])
    }),
  )
