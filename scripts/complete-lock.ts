// Completes package-lock.json: npm drops from it the optional packages of other platforms that the registry at hand does not carry, and
// `npm ci` elsewhere then refuses the file. Adds them with version and platform; without an integrity hash, which only their registry knows.
// Run after every change of dependencies: node bin/run.mjs scripts/complete-lock.ts
import { readFileSync, writeFileSync } from 'node:fs'

type Entry = {
  version?: string
  dev?: boolean
  license?: string
  optionalDependencies?: Record<string, string>
  [field: string]: unknown
}
type Lock = { packages: Record<string, Entry> }

const file = new URL('../package-lock.json', import.meta.url)
const lock: Lock = JSON.parse(readFileSync(file, 'utf8'))
let added = 0
for (const [path, entry] of Object.entries(lock.packages))
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (path === '' || isLocked(path, name)) continue
    lock.packages[`node_modules/${name}`] = platformPackage(name, version, entry)
    added++
  }
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([one], [other]) => (one < other ? -1 : 1)))
writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`)
process.stdout.write(`${added} optional packages of other platforms added to package-lock.json\n`)

/** Beside the package that wants it, or at the top. */
function isLocked(path: string, name: string): boolean {
  return `${path}/node_modules/${name}` in lock.packages || `node_modules/${name}` in lock.packages
}

function platformPackage(name: string, version: string, wantedBy: Entry): Entry {
  if (!/^\d/.test(version)) throw new Error(`${name}: expected an exact version, got ${version}`)
  const words = name.split(/[/-]/)
  const os = words.find(word => ['darwin', 'linux', 'win32', 'android', 'freebsd', 'openharmony'].includes(word))
  const cpu = words.find(word => ['arm64', 'x64', 'ia32', 'arm', 'ppc64', 'riscv64', 's390x'].includes(word))
  if (os === undefined || cpu === undefined) throw new Error(`${name}: expected a platform in the name`)
  const libc = os !== 'linux' ? null : /musl/.test(name) ? 'musl' : /gnu/.test(name) ? 'glibc' : null
  return {
    version,
    cpu: [cpu],
    ...(wantedBy.dev === true ? { dev: true } : {}),
    ...(libc === null ? {} : { libc: [libc] }),
    ...(wantedBy.license === undefined ? {} : { license: wantedBy.license }),
    optional: true,
    os: [os],
  }
}
