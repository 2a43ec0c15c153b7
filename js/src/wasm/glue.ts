// @ts-nocheck: written by wasm-bindgen; `npm run build` makes it.
/**
 * A limiter to be: its policies are named one after the other. (Read as one object by serde, a configuration would
 * take 10 KB more of compressed code.)
 */
export class LimiterPlan {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        LimiterPlanFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_limiterplan_free(ptr, 0);
    }
    /**
     * Adds a policy. See [`EnginePolicy`].
     * @param {string | null | undefined} name
     * @param {number} limit
     * @param {number} window_micros
     * @param {string | null} [algorithm]
     * @param {number | null} [burst]
     * @param {number | null} [block_for_micros]
     */
    add(name, limit, window_micros, algorithm, burst, block_for_micros) {
        const val3 = +limit;
        const val4 = +window_micros;
        const val5 = +(isLikeNone(burst) ? 0 : burst);
        const val6 = +(isLikeNone(block_for_micros) ? 0 : block_for_micros);
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = isLikeNone(name) ? 0 : passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = isLikeNone(algorithm) ? 0 : passStringToWasm0(algorithm, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        wasm.limiterplan_add(this.__wbg_ptr, ptr0, len0, val3, val4, ptr1, len1, !isLikeNone(burst), val5, !isLikeNone(block_for_micros), val6);
    }
    /**
     * Makes the limiter.
     * @returns {WasmLimiter}
     */
    limiter() {
        const ptr = this.__destroy_into_raw();
        const ret = wasm.limiterplan_limiter(ptr);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return WasmLimiter.__wrap(ret[0]);
    }
    /**
     * A plan without policies. See [`EngineConfig`].
     * @param {number | null | undefined} max_keys
     * @param {number} seed_high
     * @param {number} seed_low
     */
    constructor(max_keys, seed_high, seed_low) {
        const ret = wasm.limiterplan_new(!isLikeNone(max_keys), isLikeNone(max_keys) ? 0 : max_keys, seed_high, seed_low);
        this.__wbg_ptr = ret;
        LimiterPlanFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * Makes a pacer of these policies.
     * @param {number | null} [concurrency]
     * @param {number | null} [max_queue]
     * @returns {WasmPacer}
     */
    pacer(concurrency, max_queue) {
        const val1 = +(isLikeNone(concurrency) ? 0 : concurrency);
        const val2 = +(isLikeNone(max_queue) ? 0 : max_queue);
        const ptr = this.__destroy_into_raw();
        const ret = wasm.limiterplan_pacer(ptr, !isLikeNone(concurrency), val1, !isLikeNone(max_queue), val2);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return WasmPacer.__wrap(ret[0]);
    }
    /**
     * Makes the limiter in a store; where keys are kept in memory does not matter for it.
     * @param {string} name
     * @param {string} prefix
     * @returns {WasmStore}
     */
    store(name, prefix) {
        let ptr, ptr0, len0, ptr1, len1;
        try {
            ptr = this.__destroy_into_raw();
            ptr0 = passStringToWasm0(name, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(prefix, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            if (ptr) wasm.__wbg_limiterplan_free(ptr, 1);
            throw e;
        }
        const ret = wasm.limiterplan_store(ptr, ptr0, len0, ptr1, len1);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return WasmStore.__wrap(ret[0]);
    }
}
if (Symbol.dispose) LimiterPlan.prototype[Symbol.dispose] = LimiterPlan.prototype.free;

/**
 * A breaker. See [`Breaker`].
 */
export class WasmBreaker {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        WasmBreakerFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_wasmbreaker_free(ptr, 0);
    }
    /**
     * A call that was given up was answered after all.
     * @param {number} now
     */
    answeredLate(now) {
        wasm.wasmbreaker_answeredLate(this.__wbg_ptr, now);
    }
    /**
     * A call that had got the answer `ask` failed.
     * @param {number} ask
     * @param {number} now
     */
    failed(ask, now) {
        wasm.wasmbreaker_failed(this.__wbg_ptr, ask, now);
    }
    /**
     * Whether calls are kept from the store.
     * @returns {boolean}
     */
    isOpen() {
        const ret = wasm.wasmbreaker_isOpen(this.__wbg_ptr);
        return ret !== 0;
    }
    /**
     * 0 for no, 1 for yes, 2 for yes as a probe.
     * @param {number} now
     * @returns {number}
     */
    mayAsk(now) {
        const ret = wasm.wasmbreaker_mayAsk(this.__wbg_ptr, now);
        return ret >>> 0;
    }
    /**
     * See [`EngineBreakerConfig`].
     * @param {number} seed
     * @param {number | null} [failures]
     * @param {number | null} [first_delay_micros]
     * @param {number | null} [max_delay_micros]
     */
    constructor(seed, failures, first_delay_micros, max_delay_micros) {
        const ret = wasm.wasmbreaker_new(seed, !isLikeNone(failures), isLikeNone(failures) ? 0 : failures, !isLikeNone(first_delay_micros), isLikeNone(first_delay_micros) ? 0 : first_delay_micros, !isLikeNone(max_delay_micros), isLikeNone(max_delay_micros) ? 0 : max_delay_micros);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        WasmBreakerFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * When the next probe may go, in microseconds; −1 for none.
     * @returns {number}
     */
    nextProbe() {
        const ret = wasm.wasmbreaker_nextProbe(this.__wbg_ptr);
        return ret;
    }
    /**
     * How often it has opened.
     * @returns {number}
     */
    openings() {
        const ret = wasm.wasmbreaker_openings(this.__wbg_ptr);
        return ret;
    }
    /**
     * A call that had got the answer `ask` was answered in time.
     * @param {number} ask
     * @param {number} now
     */
    succeeded(ask, now) {
        wasm.wasmbreaker_succeeded(this.__wbg_ptr, ask, now);
    }
}
if (Symbol.dispose) WasmBreaker.prototype[Symbol.dispose] = WasmBreaker.prototype.free;

/**
 * A cache of denials. Its calls take the length of the key that is in memory.
 */
export class WasmDenials {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        WasmDenialsFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_wasmdenials_free(ptr, 0);
    }
    /**
     * Whether a denial is known for the request; it is in memory then.
     * @param {number} units
     * @returns {boolean}
     */
    find(units) {
        const ret = wasm.wasmdenials_find(this.__wbg_ptr, units);
        return ret !== 0;
    }
    /**
     * Forgets what is known of a key.
     * @param {number} units
     * @returns {boolean}
     */
    forget(units) {
        const ret = wasm.wasmdenials_forget(this.__wbg_ptr, units);
        return ret !== 0;
    }
    /**
     * Remembers the decision in memory, where it is a denial.
     * @param {number} units
     * @returns {boolean}
     */
    learn(units) {
        const ret = wasm.wasmdenials_learn(this.__wbg_ptr, units);
        return ret !== 0;
    }
    /**
     * See [`EngineDenialsConfig`].
     * @param {Float64Array | number[]} limits
     * @param {number | null | undefined} max_age_micros
     * @param {number | null | undefined} max_keys
     * @param {number} seed_high
     * @param {number} seed_low
     */
    constructor(limits, max_age_micros, max_keys, seed_high, seed_low) {
        const val2 = +(isLikeNone(max_age_micros) ? 0 : max_age_micros);
        const val3 = +(isLikeNone(max_keys) ? 0 : max_keys);
        const val4 = +seed_high;
        const val5 = +seed_low;
        const ptr0 = passArrayF64ToWasm0(limits, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.wasmdenials_new(ptr0, len0, !isLikeNone(max_age_micros), val2, !isLikeNone(max_keys), val3, val4, val5);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        WasmDenialsFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
}
if (Symbol.dispose) WasmDenials.prototype[Symbol.dispose] = WasmDenials.prototype.free;

/**
 * A limiter. Its calls take the length of the key that is in memory, and say whether there was room for such a key.
 */
export class WasmLimiter {
    static __wrap(ptr) {
        const obj = Object.create(WasmLimiter.prototype);
        obj.__wbg_ptr = ptr;
        WasmLimiterFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        WasmLimiterFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_wasmlimiter_free(ptr, 0);
    }
    /**
     * Blocks a key for the duration given in the place of the cost.
     * @param {number} units
     * @returns {boolean}
     */
    block(units) {
        const ret = wasm.wasmlimiter_block(this.__wbg_ptr, units);
        return ret !== 0;
    }
    /**
     * Decides and charges; the answer is in memory.
     * @param {number} units
     * @returns {boolean}
     */
    consume(units) {
        const ret = wasm.wasmlimiter_consume(this.__wbg_ptr, units);
        return ret !== 0;
    }
    /**
     * See [`calls::headers`].
     * @param {number} dialect
     * @returns {string | undefined}
     */
    headers(dialect) {
        const ret = wasm.wasmlimiter_headers(this.__wbg_ptr, dialect);
        let v1;
        if (ret[0] !== 0) {
            v1 = getStringFromWasm0(ret[0], ret[1]);
            wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        }
        return v1;
    }
    /**
     * The names of the policies.
     * @returns {string[]}
     */
    names() {
        const ret = wasm.wasmlimiter_names(this.__wbg_ptr);
        var v1 = getArrayJsValueFromWasm0(ret[0], ret[1]);
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * What `consume` would answer.
     * @param {number} units
     * @returns {boolean}
     */
    peek(units) {
        const ret = wasm.wasmlimiter_peek(this.__wbg_ptr, units);
        return ret !== 0;
    }
    /**
     * See [`calls::problem`].
     * @param {number} status
     * @returns {string}
     */
    problem(status) {
        let deferred1_0;
        let deferred1_1;
        try {
            const ret = wasm.wasmlimiter_problem(this.__wbg_ptr, status);
            deferred1_0 = ret[0];
            deferred1_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
        }
    }
    /**
     * Forgets a key.
     * @param {number} units
     * @returns {boolean}
     */
    reset(units) {
        const ret = wasm.wasmlimiter_reset(this.__wbg_ptr, units);
        return ret !== 0;
    }
    /**
     * Takes over what `save` returned.
     * @param {number} units
     * @param {Float64Array | number[]} saved
     * @returns {boolean}
     */
    restore(units, saved) {
        const val2 = +units;
        const ptr0 = passArrayF64ToWasm0(saved, wasm.__wbindgen_malloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.wasmlimiter_restore(this.__wbg_ptr, val2, ptr0, len0);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return ret[0] !== 0;
    }
    /**
     * All that is known of a key; undefined where there is no room for such a key.
     * @param {number} units
     * @returns {Float64Array | undefined}
     */
    save(units) {
        const ret = wasm.wasmlimiter_save(this.__wbg_ptr, units);
        let v1;
        if (ret[0] !== 0) {
            v1 = getArrayF64FromWasm0(ret[0], ret[1]).slice();
            wasm.__wbindgen_free(ret[0], ret[1] * 8, 8);
        }
        return v1;
    }
    /**
     * Corrects the decision in memory to the costs given there.
     * @param {number} units
     * @returns {boolean}
     */
    settle(units) {
        const ret = wasm.wasmlimiter_settle(this.__wbg_ptr, units);
        return ret !== 0;
    }
    /**
     * See [`calls::size`].
     * @returns {string}
     */
    size() {
        let deferred1_0;
        let deferred1_1;
        try {
            const ret = wasm.wasmlimiter_size(this.__wbg_ptr);
            deferred1_0 = ret[0];
            deferred1_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
        }
    }
}
if (Symbol.dispose) WasmLimiter.prototype[Symbol.dispose] = WasmLimiter.prototype.free;

/**
 * A pacer. See [`Pacer`].
 */
export class WasmPacer {
    static __wrap(ptr) {
        const obj = Object.create(WasmPacer.prototype);
        obj.__wbg_ptr = ptr;
        WasmPacerFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        WasmPacerFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_wasmpacer_free(ptr, 0);
    }
    /**
     * See [`pacer::begun`].
     */
    begun() {
        wasm.wasmpacer_begun(this.__wbg_ptr);
    }
    /**
     * See [`pacer::cancel_unfit`].
     */
    cancelUnfit() {
        wasm.wasmpacer_cancelUnfit(this.__wbg_ptr);
    }
    /**
     * See [`pacer::cancel`].
     */
    cancel() {
        wasm.wasmpacer_cancel(this.__wbg_ptr);
    }
    /**
     * See [`pacer::clear`].
     */
    clear() {
        wasm.wasmpacer_clear(this.__wbg_ptr);
    }
    /**
     * See [`pacer::drain`].
     */
    drain() {
        wasm.wasmpacer_drain(this.__wbg_ptr);
    }
    /**
     * See [`pacer::finish`].
     */
    finish() {
        wasm.wasmpacer_finish(this.__wbg_ptr);
    }
    /**
     * See [`pacer::learn`].
     */
    learn() {
        wasm.wasmpacer_learn(this.__wbg_ptr);
    }
    /**
     * The names of the policies.
     * @returns {string[]}
     */
    names() {
        const ret = wasm.wasmpacer_names(this.__wbg_ptr);
        var v1 = getArrayJsValueFromWasm0(ret[0], ret[1]);
        wasm.__wbindgen_free(ret[0], ret[1] * 4, 4);
        return v1;
    }
    /**
     * See [`pacer::pause`].
     */
    pause() {
        wasm.wasmpacer_pause(this.__wbg_ptr);
    }
    /**
     * See [`pacer::resume`].
     */
    resume() {
        wasm.wasmpacer_resume(this.__wbg_ptr);
    }
    /**
     * See [`pacer::set_limits`].
     */
    setLimits() {
        wasm.wasmpacer_setLimits(this.__wbg_ptr);
    }
    /**
     * See [`pacer::set_share`].
     */
    setShare() {
        wasm.wasmpacer_setShare(this.__wbg_ptr);
    }
    /**
     * See [`pacer::settle`].
     */
    settle() {
        wasm.wasmpacer_settle(this.__wbg_ptr);
    }
    /**
     * See [`pacer::state`].
     */
    state() {
        wasm.wasmpacer_state(this.__wbg_ptr);
    }
    /**
     * See [`pacer::submit`].
     */
    submit() {
        wasm.wasmpacer_submit(this.__wbg_ptr);
    }
}
if (Symbol.dispose) WasmPacer.prototype[Symbol.dispose] = WasmPacer.prototype.free;

/**
 * A roster. See [`RosterCalls`].
 */
export class WasmRoster {
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        WasmRosterFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_wasmroster_free(ptr, 0);
    }
    /**
     * See [`RosterCalls::changes`].
     * @param {number} watch
     * @returns {string}
     */
    changes(watch) {
        let deferred1_0;
        let deferred1_1;
        try {
            const ret = wasm.wasmroster_changes(this.__wbg_ptr, watch);
            deferred1_0 = ret[0];
            deferred1_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
        }
    }
    /**
     * See [`RosterCalls::count`].
     * @param {string} room
     * @param {number} now
     * @returns {string}
     */
    count(room, now) {
        let deferred3_0;
        let deferred3_1;
        try {
            const val2 = +now;
            const ptr0 = passStringToWasm0(room, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            const len0 = WASM_VECTOR_LEN;
            const ret = wasm.wasmroster_count(this.__wbg_ptr, ptr0, len0, val2);
            deferred3_0 = ret[0];
            deferred3_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred3_0, deferred3_1, 1);
        }
    }
    /**
     * See [`RosterCalls::drain`].
     * @param {number} now
     * @returns {string}
     */
    drain(now) {
        let deferred1_0;
        let deferred1_1;
        try {
            const ret = wasm.wasmroster_drain(this.__wbg_ptr, now);
            deferred1_0 = ret[0];
            deferred1_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
        }
    }
    /**
     * See [`RosterCalls::has`].
     * @param {string} room
     * @param {string} id
     * @param {number} now
     * @returns {boolean}
     */
    has(room, id, now) {
        const val3 = +now;
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passStringToWasm0(room, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(id, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.wasmroster_has(this.__wbg_ptr, ptr0, len0, ptr1, len1, val3);
        return ret !== 0;
    }
    /**
     * See [`RosterCalls::join`].
     * @param {string} room
     * @param {string} id
     * @param {number} session
     * @param {string | null | undefined} user
     * @param {string} data
     * @param {number} now
     */
    join(room, id, session, user, data, now) {
        const val5 = +session;
        const val6 = +now;
        let ptr0, len0, ptr1, len1, ptr2, len2, ptr3, len3;
        try {
            ptr0 = passStringToWasm0(room, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(id, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = isLikeNone(user) ? 0 : passStringToWasm0(user, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len2 = WASM_VECTOR_LEN;
            ptr3 = passStringToWasm0(data, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len3 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr3) { wasm.__wbindgen_free(ptr3, len3 * 1, 1); }
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.wasmroster_join(this.__wbg_ptr, ptr0, len0, ptr1, len1, val5, ptr2, len2, ptr3, len3, val6);
        if (ret[1]) {
            throw takeFromExternrefTable0(ret[0]);
        }
    }
    /**
     * See [`RosterCalls::leave`].
     * @param {string} room
     * @param {string} id
     * @param {number} session
     * @param {number} now
     * @returns {boolean}
     */
    leave(room, id, session, now) {
        const val3 = +session;
        const val4 = +now;
        let ptr0, len0, ptr1, len1;
        try {
            ptr0 = passStringToWasm0(room, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(id, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.wasmroster_leave(this.__wbg_ptr, ptr0, len0, ptr1, len1, val3, val4);
        return ret !== 0;
    }
    /**
     * See [`RosterCalls::members`].
     * @param {string} room
     * @param {string} cursor
     * @param {number} limit
     * @param {number} now
     * @returns {string}
     */
    members(room, cursor, limit, now) {
        let deferred5_0;
        let deferred5_1;
        try {
            const val3 = +limit;
            const val4 = +now;
            let ptr0, len0, ptr1, len1;
            try {
                ptr0 = passStringToWasm0(room, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
                len0 = WASM_VECTOR_LEN;
                ptr1 = passStringToWasm0(cursor, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
                len1 = WASM_VECTOR_LEN;
            } catch (e) {
                if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
                if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
                throw e;
            }
            const ret = wasm.wasmroster_members(this.__wbg_ptr, ptr0, len0, ptr1, len1, val3, val4);
            deferred5_0 = ret[0];
            deferred5_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred5_0, deferred5_1, 1);
        }
    }
    /**
     * See [`EnginePresenceConfig`].
     * @param {number | null} [ttl_micros]
     * @param {number | null} [heartbeat_micros]
     * @param {number | null} [grace_micros]
     * @param {number | null} [max_data]
     */
    constructor(ttl_micros, heartbeat_micros, grace_micros, max_data) {
        const ret = wasm.wasmroster_new(!isLikeNone(ttl_micros), isLikeNone(ttl_micros) ? 0 : ttl_micros, !isLikeNone(heartbeat_micros), isLikeNone(heartbeat_micros) ? 0 : heartbeat_micros, !isLikeNone(grace_micros), isLikeNone(grace_micros) ? 0 : grace_micros, !isLikeNone(max_data), isLikeNone(max_data) ? 0 : max_data);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        this.__wbg_ptr = ret[0];
        WasmRosterFinalization.register(this, this.__wbg_ptr, this);
        return this;
    }
    /**
     * See [`RosterCalls::unwatch`].
     * @param {number} watch
     */
    unwatch(watch) {
        wasm.wasmroster_unwatch(this.__wbg_ptr, watch);
    }
    /**
     * See [`RosterCalls::update`].
     * @param {string} room
     * @param {string} id
     * @param {number} session
     * @param {string} data
     * @param {number} now
     * @returns {boolean}
     */
    update(room, id, session, data, now) {
        const val4 = +session;
        const val5 = +now;
        let ptr0, len0, ptr1, len1, ptr2, len2;
        try {
            ptr0 = passStringToWasm0(room, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len0 = WASM_VECTOR_LEN;
            ptr1 = passStringToWasm0(id, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len1 = WASM_VECTOR_LEN;
            ptr2 = passStringToWasm0(data, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
            len2 = WASM_VECTOR_LEN;
        } catch (e) {
            if (ptr2) { wasm.__wbindgen_free(ptr2, len2 * 1, 1); }
            if (ptr1) { wasm.__wbindgen_free(ptr1, len1 * 1, 1); }
            if (ptr0) { wasm.__wbindgen_free(ptr0, len0 * 1, 1); }
            throw e;
        }
        const ret = wasm.wasmroster_update(this.__wbg_ptr, ptr0, len0, ptr1, len1, val4, ptr2, len2, val5);
        if (ret[2]) {
            throw takeFromExternrefTable0(ret[1]);
        }
        return ret[0] !== 0;
    }
    /**
     * See [`RosterCalls::watch`].
     * @param {string} room
     * @param {number} now
     * @returns {number}
     */
    watch(room, now) {
        const val2 = +now;
        const ptr0 = passStringToWasm0(room, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.wasmroster_watch(this.__wbg_ptr, ptr0, len0, val2);
        return ret;
    }
}
if (Symbol.dispose) WasmRoster.prototype[Symbol.dispose] = WasmRoster.prototype.free;

/**
 * A limiter in a store.
 */
export class WasmStore {
    static __wrap(ptr) {
        const obj = Object.create(WasmStore.prototype);
        obj.__wbg_ptr = ptr;
        WasmStoreFinalization.register(obj, obj.__wbg_ptr, obj);
        return obj;
    }
    __destroy_into_raw() {
        const ptr = this.__wbg_ptr;
        this.__wbg_ptr = 0;
        WasmStoreFinalization.unregister(this);
        return ptr;
    }
    free() {
        const ptr = this.__destroy_into_raw();
        wasm.__wbg_wasmstore_free(ptr, 0);
    }
    /**
     * See [`store::base`].
     * @param {number} policy
     * @param {number} limit
     * @returns {string}
     */
    base(policy, limit) {
        let deferred1_0;
        let deferred1_1;
        try {
            const ret = wasm.wasmstore_base(this.__wbg_ptr, policy, limit);
            deferred1_0 = ret[0];
            deferred1_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
        }
    }
    /**
     * See [`store::block_args`].
     * @returns {string}
     */
    blockArgs() {
        let deferred1_0;
        let deferred1_1;
        try {
            const ret = wasm.wasmstore_blockArgs(this.__wbg_ptr);
            deferred1_0 = ret[0];
            deferred1_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
        }
    }
    /**
     * See [`store::decision`].
     * @param {number} script
     * @param {boolean} peek
     * @returns {boolean}
     */
    decision(script, peek) {
        const ret = wasm.wasmstore_decision(this.__wbg_ptr, script, peek);
        return ret !== 0;
    }
    /**
     * The key of `units` code units that is in memory, as it stands in the store.
     * @param {number} units
     * @returns {string | undefined}
     */
    escape(units) {
        const ret = wasm.wasmstore_escape(this.__wbg_ptr, units);
        let v1;
        if (ret[0] !== 0) {
            v1 = getStringFromWasm0(ret[0], ret[1]);
            wasm.__wbindgen_free(ret[0], ret[1] * 1, 1);
        }
        return v1;
    }
    /**
     * See [`store::plan`].
     * @returns {string}
     */
    plan() {
        let deferred1_0;
        let deferred1_1;
        try {
            const ret = wasm.wasmstore_plan(this.__wbg_ptr);
            deferred1_0 = ret[0];
            deferred1_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
        }
    }
    /**
     * See [`store::settle_args`].
     * @returns {string}
     */
    settleArgs() {
        let deferred1_0;
        let deferred1_1;
        try {
            const ret = wasm.wasmstore_settleArgs(this.__wbg_ptr);
            deferred1_0 = ret[0];
            deferred1_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
        }
    }
    /**
     * See [`store::text`].
     * @param {boolean} peek
     * @returns {string}
     */
    text(peek) {
        let deferred1_0;
        let deferred1_1;
        try {
            const ret = wasm.wasmstore_text(this.__wbg_ptr, peek);
            deferred1_0 = ret[0];
            deferred1_1 = ret[1];
            return getStringFromWasm0(ret[0], ret[1]);
        } finally {
            wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
        }
    }
}
if (Symbol.dispose) WasmStore.prototype[Symbol.dispose] = WasmStore.prototype.free;

/**
 * All dialects; the index of one is its number in `headers` calls.
 * @returns {any}
 */
export function dialects() {
    const ret = wasm.dialects();
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}

/**
 * Makes room for a key of `units` UTF-16 code units, and not much more. Says where it is; 0 where there is none.
 * @param {number} units
 * @returns {number}
 */
export function makeRoom(units) {
    const ret = wasm.makeRoom(units);
    return ret >>> 0;
}

/**
 * Where the numbers of a call are: `SCRATCH_LEN` cells, in the layout of [`Scratch`].
 * @returns {number}
 */
export function numbersAt() {
    const ret = wasm.numbersAt();
    return ret >>> 0;
}

/**
 * Microseconds of `"30s"`.
 * @param {string} text
 * @returns {number}
 */
export function parseDuration(text) {
    const ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.parseDuration(ptr0, len0);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return ret[0];
}

/**
 * Limit and window of `"100 per minute"`.
 * @param {string} text
 * @returns {any}
 */
export function parseRate(text) {
    const ptr0 = passStringToWasm0(text, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
    const len0 = WASM_VECTOR_LEN;
    const ret = wasm.parseRate(ptr0, len0);
    if (ret[2]) {
        throw takeFromExternrefTable0(ret[1]);
    }
    return takeFromExternrefTable0(ret[0]);
}

/**
 * Name, digest and text of each script, joined by NULs.
 * @returns {string}
 */
export function scripts() {
    let deferred1_0;
    let deferred1_1;
    try {
        const ret = wasm.scripts();
        deferred1_0 = ret[0];
        deferred1_1 = ret[1];
        return getStringFromWasm0(ret[0], ret[1]);
    } finally {
        wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
    }
}

/**
 * What header fields tell about limits. See [`tollgate_boundary::told`].
 * @param {string} fields
 * @param {number} wall_secs
 * @returns {string}
 */
export function told(fields, wall_secs) {
    let deferred3_0;
    let deferred3_1;
    try {
        const val2 = +wall_secs;
        const ptr0 = passStringToWasm0(fields, wasm.__wbindgen_malloc, wasm.__wbindgen_realloc);
        const len0 = WASM_VECTOR_LEN;
        const ret = wasm.told(ptr0, len0, val2);
        deferred3_0 = ret[0];
        deferred3_1 = ret[1];
        return getStringFromWasm0(ret[0], ret[1]);
    } finally {
        wasm.__wbindgen_free(deferred3_0, deferred3_1, 1);
    }
}

/**
 * The version of the package that this belongs to.
 * @returns {string}
 */
export function version() {
    let deferred1_0;
    let deferred1_1;
    try {
        const ret = wasm.version();
        deferred1_0 = ret[0];
        deferred1_1 = ret[1];
        return getStringFromWasm0(ret[0], ret[1]);
    } finally {
        wasm.__wbindgen_free(deferred1_0, deferred1_1, 1);
    }
}
function __wbg_get_imports() {
    const import0 = {
        __proto__: null,
        __wbg___wbindgen_throw_4c88d8bf264fd984: function(arg0, arg1) {
            throw new Error(getStringFromWasm0(arg0, arg1));
        },
        __wbg_new_37eb45aaf5eeb820: function() {
            const ret = new Array();
            return ret;
        },
        __wbg_new_cd4348290afae586: function() {
            const ret = new Object();
            return ret;
        },
        __wbg_set_d2d33b52458e984a: function(arg0, arg1, arg2) {
            arg0[arg1 >>> 0] = arg2;
        },
        __wbg_set_e4b9a833d288759a: function(arg0, arg1, arg2) {
            arg0[arg1] = arg2;
        },
        __wbindgen_generic_0000000000000001: function(arg0) {
            // Cast intrinsic for `F64 -> Externref`.
            const ret = arg0;
            return ret;
        },
        __wbindgen_generic_0000000000000002: function(arg0, arg1) {
            // Cast intrinsic for `Ref(String) -> Externref`.
            const ret = getStringFromWasm0(arg0, arg1);
            return ret;
        },
        __wbindgen_init_externref_table: function() {
            const table = wasm.__wbindgen_externrefs;
            table.set(0, undefined);
            table.set(1024, undefined);
            table.set(1025, null);
            table.set(1026, true);
            table.set(1027, false);
        },
    };
    return {
        __proto__: null,
        "./tollgate_bg.js": import0,
    };
}

const LimiterPlanFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_limiterplan_free(ptr, 1));
const WasmBreakerFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_wasmbreaker_free(ptr, 1));
const WasmDenialsFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_wasmdenials_free(ptr, 1));
const WasmLimiterFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_wasmlimiter_free(ptr, 1));
const WasmPacerFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_wasmpacer_free(ptr, 1));
const WasmRosterFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_wasmroster_free(ptr, 1));
const WasmStoreFinalization = (typeof FinalizationRegistry === 'undefined')
    ? { register: () => {}, unregister: () => {} }
    : new FinalizationRegistry(ptr => wasm.__wbg_wasmstore_free(ptr, 1));

function getArrayF64FromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return getFloat64ArrayMemory0().subarray(ptr / 8, ptr / 8 + len);
}

function getArrayJsValueFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    const mem = getDataViewMemory0();
    const result = [];
    for (let i = ptr; i < ptr + 4 * len; i += 4) {
        result.push(wasm.__wbindgen_externrefs.get(mem.getUint32(i, true)));
    }
    wasm.__externref_drop_slice(ptr, len);
    return result;
}

let cachedDataViewMemory0 = null;
function getDataViewMemory0() {
    if (cachedDataViewMemory0 === null || cachedDataViewMemory0.buffer.detached === true || (cachedDataViewMemory0.buffer.detached === undefined && cachedDataViewMemory0.buffer !== wasm.memory.buffer)) {
        cachedDataViewMemory0 = new DataView(wasm.memory.buffer);
    }
    return cachedDataViewMemory0;
}

let cachedFloat64ArrayMemory0 = null;
function getFloat64ArrayMemory0() {
    if (cachedFloat64ArrayMemory0 === null || cachedFloat64ArrayMemory0.byteLength === 0) {
        cachedFloat64ArrayMemory0 = new Float64Array(wasm.memory.buffer);
    }
    return cachedFloat64ArrayMemory0;
}

function getStringFromWasm0(ptr, len) {
    ptr = ptr >>> 0;
    return decodeText(getUint8ArrayMemory0().subarray(ptr, ptr + len));
}

let cachedUint8ArrayMemory0 = null;
function getUint8ArrayMemory0() {
    if (cachedUint8ArrayMemory0 === null || cachedUint8ArrayMemory0.byteLength === 0) {
        cachedUint8ArrayMemory0 = new Uint8Array(wasm.memory.buffer);
    }
    return cachedUint8ArrayMemory0;
}

function isLikeNone(x) {
    return x === undefined || x === null;
}

function passArrayF64ToWasm0(arg, malloc) {
    const ptr = malloc(arg.length * 8, 8) >>> 0;
    getFloat64ArrayMemory0().set(arg, ptr / 8);
    WASM_VECTOR_LEN = arg.length;
    return ptr;
}

function passStringToWasm0(arg, malloc, realloc) {
    if (realloc === undefined) {
        const buf = cachedTextEncoder.encode(arg);
        const ptr = malloc(buf.length, 1) >>> 0;
        getUint8ArrayMemory0().subarray(ptr, ptr + buf.length).set(buf);
        WASM_VECTOR_LEN = buf.length;
        return ptr;
    }

    let len = arg.length;
    let ptr = malloc(len, 1) >>> 0;

    const mem = getUint8ArrayMemory0();

    let offset = 0;

    for (; offset < len; offset++) {
        const code = arg.charCodeAt(offset);
        if (code > 0x7F) break;
        mem[ptr + offset] = code;
    }
    if (offset !== len) {
        if (offset !== 0) {
            arg = arg.slice(offset);
        }
        ptr = realloc(ptr, len, len = offset + arg.length * 3, 1) >>> 0;
        const view = getUint8ArrayMemory0().subarray(ptr + offset, ptr + len);
        const ret = cachedTextEncoder.encodeInto(arg, view);

        offset += ret.written;
        ptr = realloc(ptr, len, offset, 1) >>> 0;
    }

    WASM_VECTOR_LEN = offset;
    return ptr;
}

function takeFromExternrefTable0(idx) {
    const value = wasm.__wbindgen_externrefs.get(idx);
    wasm.__externref_table_dealloc(idx);
    return value;
}

let cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
cachedTextDecoder.decode();
const MAX_SAFARI_DECODE_BYTES = 2146435072;
let numBytesDecoded = 0;
function decodeText(bytes) {
    numBytesDecoded += bytes.length;
    if (numBytesDecoded >= MAX_SAFARI_DECODE_BYTES) {
        cachedTextDecoder = new TextDecoder('utf-8', { ignoreBOM: true });
        cachedTextDecoder.decode();
        numBytesDecoded = bytes.length;
    }
    return cachedTextDecoder.decode(bytes);
}

const cachedTextEncoder = new TextEncoder();

if (!('encodeInto' in cachedTextEncoder)) {
    cachedTextEncoder.encodeInto = function (arg, view) {
        const buf = cachedTextEncoder.encode(arg);
        view.set(buf);
        return {
            read: arg.length,
            written: buf.length
        };
    };
}

let WASM_VECTOR_LEN = 0;

let wasmModule, wasmInstance, wasm;
function __wbg_finalize_init(instance, module) {
    wasmInstance = instance;
    wasm = instance.exports;
    wasmModule = module;
    cachedDataViewMemory0 = null;
    cachedFloat64ArrayMemory0 = null;
    cachedUint8ArrayMemory0 = null;
    wasm.__wbindgen_start();
    return wasm;
}

async function __wbg_load(module, imports) {
    if (typeof Response === 'function' && module instanceof Response) {
        if (!module.ok) {
            throw new Error(`failed to fetch Wasm: ${module.status} ${module.statusText} fetching '${module.url}'`);
        }

        if (typeof WebAssembly.instantiateStreaming === 'function') {
            try {
                return await WebAssembly.instantiateStreaming(module, imports);
            } catch (e) {
                const validResponse = expectedResponseType(module.type);

                if (validResponse && module.headers.get('Content-Type') !== 'application/wasm') {
                    console.warn("`WebAssembly.instantiateStreaming` failed because your server does not serve Wasm with `application/wasm` MIME type. Falling back to `WebAssembly.instantiate` which is slower. Original error:\n", e);

                } else { throw e; }
            }
        }

        const bytes = await module.arrayBuffer();
        return await WebAssembly.instantiate(bytes, imports);
    } else {
        const instance = await WebAssembly.instantiate(module, imports);

        if (instance instanceof WebAssembly.Instance) {
            return { instance, module };
        } else {
            return instance;
        }
    }

    function expectedResponseType(type) {
        switch (type) {
            case 'basic': case 'cors': case 'default': return true;
        }
        return false;
    }
}

function initSync(module) {
    if (wasm !== undefined) return wasm;


    if (module !== undefined) {
        if (Object.getPrototypeOf(module) === Object.prototype) {
            ({module} = module)
        } else {
            console.warn('using deprecated parameters for `initSync()`; pass a single object instead')
        }
    }

    const imports = __wbg_get_imports();
    if (!(module instanceof WebAssembly.Module)) {
        module = new WebAssembly.Module(module);
    }
    const instance = new WebAssembly.Instance(module, imports);
    return __wbg_finalize_init(instance, module);
}

let __wbg_init_promise;
async function __wbg_init(module_or_path) {
    if (wasm !== undefined) return wasm;
    if (__wbg_init_promise === undefined) {
        __wbg_init_promise = __wbg_init_once(module_or_path);
        __wbg_init_promise.catch(() => { __wbg_init_promise = undefined; });
    }
    return __wbg_init_promise;
}

async function __wbg_init_once(module_or_path) {

    if (module_or_path !== undefined) {
        if (Object.getPrototypeOf(module_or_path) === Object.prototype) {
            ({module_or_path} = module_or_path)
        } else {
            console.warn('using deprecated parameters for the initialization function; pass a single object instead')
        }
    }


    const imports = __wbg_get_imports();

    if (typeof module_or_path === 'string' || (typeof Request === 'function' && module_or_path instanceof Request) || (typeof URL === 'function' && module_or_path instanceof URL)) {
        module_or_path = fetch(module_or_path);
    }

    const { instance, module } = await __wbg_load(await module_or_path, imports);

    return __wbg_finalize_init(instance, module);
}

export { initSync, __wbg_init as default };
