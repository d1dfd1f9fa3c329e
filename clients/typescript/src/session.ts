/** What a visitor is known by. Keep it where only your own pages can read it. */
export interface Session {
  /** Good for 15 minutes. */
  readonly accessToken?: string;
  /** Good for 30 days, and once. */
  readonly refreshToken?: string;
  /** The guest's cart, until it is joined to that of an account. */
  readonly cartToken?: string;
}

/** Where the session is between requests. All tabs that share it must see the same. */
export interface SessionStore {
  read(): Session;
  write(session: Session): void;
}

/** Forgets with the page. */
export function memoryStore(): SessionStore {
  let kept: Session = {};
  return { read: () => kept, write: (session) => void (kept = session) };
}

/** Shared by all tabs, such as `browserStore(localStorage)`. */
export function browserStore(storage: Storage, key = "silkcart"): SessionStore {
  return {
    read: () => JSON.parse(storage.getItem(key) ?? "{}") as Session,
    write: (session) => storage.setItem(key, JSON.stringify(session)),
  };
}

const turns = new Map<string, Promise<unknown>>();

/** Works while nobody else does under that name: in this tab or, where the browser can tell, in any of this origin. */
export async function alone<T>(name: string, work: () => Promise<T>): Promise<T> {
  const locks = globalThis.navigator?.locks as LockManager | undefined;
  if (locks) return await locks.request(name, work);
  const mine = (turns.get(name) ?? Promise.resolve()).then(work);
  turns.set(name, mine.catch(() => undefined));
  return await mine;
}
