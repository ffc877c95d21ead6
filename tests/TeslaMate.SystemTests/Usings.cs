// One machine at a time: they are heavy, and their tests watch the clock of systemd.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
