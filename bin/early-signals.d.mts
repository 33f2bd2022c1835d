export type StopSignal = 'SIGTERM' | 'SIGINT' | 'SIGHUP'
export const stopSignals: readonly StopSignal[]
export function hearEarlySignals(): void
export function takeEarlySignal(): StopSignal | null
export function signalsHeard(): Promise<void>
export function endBySignals(): Promise<void>
