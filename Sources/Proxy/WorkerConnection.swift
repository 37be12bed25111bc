/// A client's connection as its worker sees it: something that can be asked to end.
protocol WorkerConnection: AnyObject {
    /// Takes no more requests than those already begun, and closes when they are answered.
    func drain()
    /// Closes at once.
    func cut()
}
