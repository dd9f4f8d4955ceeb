const { clock } = this.#context;
this.#sending.release(key);
this.#step(key, answer(sent, clock.now()));
const early = this.#early.get(key);
