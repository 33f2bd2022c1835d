// How many files and sockets this process may have open, and how many it has. Every socket of WhatsApp is one of them.
import { readdirSync } from 'node:fs'

/** null: there is no limit, or the system does not say. Node has raised the soft limit to the hard one before this runs. */
export function descriptorLimit(): number | null {
  const report = process.report as NodeJS.ProcessReport & { excludeNetwork: boolean }
  const excluded = report.excludeNetwork
  report.excludeNetwork = true // or it would look up names of peers
  const limits = (report.getReport() as { userLimits?: { open_files?: { soft: number | string } } }).userLimits
  report.excludeNetwork = excluded
  const soft = limits?.open_files?.soft
  return typeof soft === 'number' ? soft : null
}

/** null: the system does not say. */
export function openDescriptors(): number | null {
  try {
    return readdirSync('/dev/fd').length - 1 // one is open for the look itself
  } catch {
    return null // there is no such directory, as on Windows; or no descriptor is left to read it with
  }
}
