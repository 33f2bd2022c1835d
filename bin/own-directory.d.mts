export function compiledCodeDirectory(env: { XDG_CACHE_HOME?: string | undefined }): string | null
export function whoElseWrites(path: string, uids: readonly number[]): string | null
