import createClient, { type Client } from "openapi-fetch";

import { done, refusal } from "./problem.js";
import type { components, paths } from "./schema.js";
import { alone, memoryStore, type Session, type SessionStore } from "./session.js";

export { done, type Problem, type ProblemCode, Refused } from "./problem.js";
export type { components, operations, paths } from "./schema.js";
export { browserStore, memoryStore, type Session, type SessionStore } from "./session.js";
export { all, formatInstant, formatMoney, type Money, type Page } from "./values.js";

/** Every type of the document, by name: `Schemas["OrderView"]`. */
export type Schemas = components["schemas"];
type SignedIn = Schemas["SignedInView"];

export interface Options {
  /** Without a trailing slash, such as `https://api.example.com`. */
  baseUrl: string;
  /** Where the session is kept; in memory unless given. */
  store?: SessionStore;
  /** What sends a request. */
  fetch?: (request: Request) => Promise<Response>;
  /** The longest that `Retry-After` is waited for by itself, in seconds; 5 unless given. */
  patience?: number;
}

export interface SilkCart {
  /** Every route of the document, typed. */
  readonly api: Client<paths>;
  readonly store: SessionStore;
  register(body: Schemas["RegisterBody"]): Promise<Schemas["UserView"]>;
  logIn(body: Schemas["LogInBody"]): Promise<Schemas["UserView"]>;
  /** Puts what the guest had in their cart into the account's; nothing where there was no guest's cart. */
  joinCarts(): Promise<Schemas["CartMergeView"] | undefined>;
  logOut(): Promise<void>;
}

/** How often a request is sent at most. */
const TRIES = 4;
const REFRESH = "/api/v1/auth/refresh";
/** Where somebody says who they are: no token is any use there, and a 401 means something else. */
const ENTRANCES = ["/api/v1/auth/login", "/api/v1/auth/register", REFRESH];

export function connect(options: Options): SilkCart {
  const { baseUrl, store = memoryStore(), patience = 5 } = options;
  const dispatch = options.fetch ?? ((request: Request) => fetch(request));
  const change = (session: Session) => store.write({ ...store.read(), ...session });

  async function send(request: Request): Promise<Response> {
    for (let tried = 1; ; tried += 1) {
      // A body can be read once; the next try needs its own.
      const answer = await dispatch(request.clone()).catch((failure: unknown) => {
        if (tried === TRIES || !mayRepeat(request)) throw failure;
        return undefined;
      });
      const wait = answer ? retryAfter(answer) : 2 ** (tried - 2);
      if (answer && (wait === undefined || wait > patience || tried === TRIES)) return answer;
      await new Promise((resolve) => setTimeout(resolve, (wait ?? 0) * 1000));
    }
  }

  async function sendAsVisitor(request: Request): Promise<Response> {
    const used = identify(request, store.read());
    const answer = await send(request);
    if (answer.status !== 401 || used === undefined || !(await renew(used))) return answer;
    identify(request, store.read());
    return await send(request);
  }

  /** Whether there is a newer access token than `used`. A refresh token works once, so one renewal runs at a time. */
  async function renew(used: string): Promise<boolean> {
    return await alone(`silkcart ${baseUrl}`, async () => {
      const { accessToken, refreshToken } = store.read();
      if (accessToken !== used) return accessToken !== undefined;
      if (refreshToken === undefined) return false;
      const answer = await send(post(REFRESH, { refresh_token: refreshToken }));
      if (answer.ok) remember((await answer.json()) as SignedIn);
      else if (answer.status === 401) forgetAccount();
      return answer.ok;
    });
  }

  function post(path: string, body: unknown): Request {
    const headers = { "Content-Type": "application/json" };
    return new Request(baseUrl + path, { method: "POST", headers, body: JSON.stringify(body) });
  }

  function remember(signedIn: SignedIn): Schemas["UserView"] {
    change({ accessToken: signedIn.access_token, refreshToken: signedIn.refresh_token });
    return signedIn.user;
  }

  function forgetAccount(): void {
    const { accessToken, refreshToken, ...guest } = store.read();
    store.write(guest);
  }

  const api = createClient<paths>({ baseUrl, fetch: sendAsVisitor });
  api.use({
    async onResponse({ request, response }) {
      if (!response.ok || !request.url.includes("/api/v1/cart/lines")) return;
      const { cart_token: cartToken } = (await response.clone().json()) as Schemas["CartView"];
      if (cartToken !== undefined) change({ cartToken });
    },
  });

  return {
    api,
    store,
    register: async (body) => remember(done(await api.POST("/api/v1/auth/register", { body }))),
    logIn: async (body) => remember(done(await api.POST("/api/v1/auth/login", { body }))),
    async joinCarts() {
      const { cartToken, ...account } = store.read();
      if (cartToken === undefined) return undefined;
      const joined = done(await api.POST("/api/v1/cart/merge", { body: { cart_token: cartToken } }));
      store.write(account);
      return joined;
    },
    async logOut() {
      const { response, error } = await api.POST("/api/v1/auth/logout");
      store.write({});
      if (!response.ok && response.status !== 401) throw refusal(error, response);
    },
  };
}

/** Says who asks; returns the access token that was used. */
function identify(request: Request, { accessToken, cartToken }: Session): string | undefined {
  if (ENTRANCES.some((path) => new URL(request.url).pathname.endsWith(path))) return undefined;
  if (accessToken !== undefined) request.headers.set("Authorization", `Bearer ${accessToken}`);
  else if (cartToken !== undefined) request.headers.set("X-Cart-Token", cartToken);
  return accessToken;
}

/** Whether sending it twice does no more than sending it once, when nobody knows whether the first one arrived. */
function mayRepeat(request: Request): boolean {
  return ["GET", "HEAD", "PUT", "DELETE"].includes(request.method) || request.headers.has("Idempotency-Key");
}

/** For how many seconds the server asks to wait before the same is sent again. It has done nothing then. */
function retryAfter(answer: Response): number | undefined {
  const seconds = Number(answer.headers.get("Retry-After") ?? NaN);
  return [409, 429, 503].includes(answer.status) && seconds >= 0 ? seconds : undefined;
}
