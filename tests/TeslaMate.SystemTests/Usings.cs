// The tests on machines, which mostly wait, beside those in a browser.
[assembly: CollectionBehavior(MaxParallelThreads = 2)]
