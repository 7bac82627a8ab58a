/// The service of a layer: it hands the request to what the layers of its kind share.
macro_rules! observing_service {
    ($(#[$doc:meta])* $service:ident, $shared:ty, $observer:ty) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $service<S> {
            inner: S,
            shared: Arc<$shared>,
        }

        impl<S> $service<S> {
            pub(crate) fn new(inner: S, shared: Arc<$shared>) -> Self {
                Self { inner, shared }
            }

            /// The service inside.
            pub fn get_ref(&self) -> &S {
                &self.inner
            }

            /// The service inside.
            pub fn get_mut(&mut self) -> &mut S {
                &mut self.inner
            }

            /// The service inside, without the layer.
            pub fn into_inner(self) -> S {
                self.inner
            }
        }

        impl<S, ReqBody, ResBody> Service<Request<ReqBody>> for $service<S>
        where
            S: Service<Request<RequestBody<ReqBody>>, Response = Response<ResBody>>,
            S::Error: 'static,
            ReqBody: Body,
            ResBody: Body,
            ResBody::Error: 'static,
        {
            type Response = Response<ResponseBody<ResBody, $observer>>;
            type Error = S::Error;
            type Future = ResponseFuture<S::Future, $observer>;

            #[inline]
            fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
                self.inner.poll_ready(cx)
            }

            #[inline]
            fn call(&mut self, request: Request<ReqBody>) -> Self::Future {
                self.shared.call(&mut self.inner, request)
            }
        }
    };
}

pub(crate) use observing_service;
